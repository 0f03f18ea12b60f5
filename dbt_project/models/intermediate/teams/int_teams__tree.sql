-- One row per team and team above it, with the number of levels between them: 1 is the parent. Up to 32
-- levels are followed. Teams that stand above themselves (a circle in the source) have no parent.
with stated as (
    select
        children.team_id,
        children.parent_team_id as above_id,
        1 as levels_up
    from {{ ref('int_teams__stated') }} as children
    -- A parent that no source lists is no team.
    inner join {{ ref('int_teams__stated') }} as parents on children.parent_team_id = parents.team_id
),
{{ climbed('walk', 'stated', 5) }}

circles as (
    select team_id from walk_5
    where team_id = above_id
),

sound as (
    select stated.*
    from stated
    left join circles on stated.team_id = circles.team_id
    where circles.team_id is null
),
{{ climbed('climb', 'sound', 5) }}

tree as (
    select * from climb_5
)

select * from tree
