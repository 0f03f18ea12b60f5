def test_it(filled):
    report = filled.load()
    print(report.rows, len(filled.simulator.seen), filled.simulator.unexpected)
    for e in report.extracts: print(e)
    for r in report.rejections[:10]: print(r)
    for t in report.rows: print(t, filled.rows(t)[0])
    for f in filled.connector().check(): print(f)
