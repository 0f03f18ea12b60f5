"""What the pages read: the published marts and the ledger, cut to what the reader may see.

Add here: a read that a page needs. Keep out: words and layout. Every mart is read through
`slicing.SlicedMarts`, so no page can forget the slice.
"""
