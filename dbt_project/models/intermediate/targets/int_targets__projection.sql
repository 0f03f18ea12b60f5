-- Where each running period will end, per judged day, period, scope and metric, and the probability of
-- missing the target:  Phi((0.9 T - P) / sd),  T target, P projected end, sd its deviation.
-- P and sd are those of the run rate. Where the pipeline has been seen through a period before, they take 0.7
-- of its second opinion, whose variance is that of the open deals (each won or not), that of the deals still
-- to come (their amount x the deal weight), and (0.1 T (1 - F))^2 for the doubt in both. On generated
-- companies of 2.5 years and in one quarter of public deals 0.7 gave the lowest Brier score of the
-- probability among 0, 0.3, 0.5, 0.7, 0.85 and 1, for sellers; for teams and above 0.5 to 1 are alike.
with seen as (
    select
        run_rate.*,
        pipeline.open_pipeline_amount,
        pipeline.weighted_pipeline_amount,
        pipeline.expected_pipeline_amount,
        pipeline.expected_new_amount,
        pipeline.projected_from_pipeline,
        sqrt(
            pipeline.pipeline_variance
            + cast(pipeline.expected_new_amount as double) * coalesce(run_rate.squares / run_rate.target, 0)
            + power(0.1 * run_rate.target * (1 - run_rate.share), 2)
        ) as pipeline_deviation,
        case when run_rate.share < 1 and pipeline.projected_from_pipeline is not null then 0.7 else 0 end
            as pipeline_weight
    from {{ ref('int_targets__run_rate') }} as run_rate
    left join {{ ref('int_targets__pipeline_projection') }} as pipeline
        on {{ same_target('run_rate', 'pipeline') }}
),

projected as (
    select
        *,
        case
            when pipeline_weight > 0
                then
                    (1 - pipeline_weight) * projected_from_run_rate
                    + pipeline_weight * cast(projected_from_pipeline as double)
            else projected_from_run_rate
        end as projected,
        case
            when pipeline_weight > 0
                then (1 - pipeline_weight) * run_rate_deviation + pipeline_weight * pipeline_deviation
            else run_rate_deviation
        end as deviation
    from seen
)

select
    *,
    case
        when target is null then null
        -- The period is over, or nothing can come any more: known, not probable.
        when deviation = 0 then case when projected < {{ acceptable_share() }} * target then 1.0 else 0.0 end
        else {{ normal_cdf('((' ~ acceptable_share() ~ ' * target - projected) / nullif(deviation, 0))') }}
    end as miss_probability
from projected
