using System.Text;

namespace Sockeye.Tests.Lifecycle;

/// <summary>The table of the documentation: a row for each event and group of states that it changes.</summary>
internal static class LifecycleTable
{
    public static string Create(IReadOnlyCollection<LifecycleState> states, IEnumerable<LifecycleEvent> events)
    {
        var table = new StringBuilder("| event | in the state | then | actions |\n| --- | --- | --- | --- |\n");
        foreach (var e in events)
        {
            foreach (var row in Rows(states, e))
                table.Append(row).Append('\n');
        }

        return table.ToString();
    }

    private static IEnumerable<string> Rows(IReadOnlyCollection<LifecycleState> states, LifecycleEvent e) =>
        from state in states
        let after = state.Apply(e, out _)
        let actions = ActionsOf(state, e)
        where after != state || actions is not LifecycleActions.None
        group state by (Change: Change(state, after), Actions: actions) into same
        from part in Split([.. same], states)
        let condition = Condition(part)
        orderby condition, same.Key.Change
        select $"| {e} | {condition} | {same.Key.Change} | {ActionText(same.Key.Actions)} |";

    /// <summary>Splits states until each part is all that its condition says.</summary>
    private static IEnumerable<List<LifecycleState>> Split(List<LifecycleState> part, IReadOnlyCollection<LifecycleState> all)
    {
        if (all.Count(state => Matches(state, part)) == part.Count)
            return [part];
        Func<LifecycleState, object>[] dimensions =
            [state => state.Input, state => state.Output, state => state.Owner, state => state.End];
        var finest = dimensions.Select(dimension => part.GroupBy(dimension).ToList()).First(groups => groups.Count > 1);
        return finest.SelectMany(group => Split([.. group], all));
    }

    private static bool Matches(LifecycleState state, List<LifecycleState> part) =>
        part.Exists(own => own.Input == state.Input)
        && part.Exists(own => own.Output == state.Output)
        && part.Exists(own => own.Owner == state.Owner)
        && part.Exists(own => own.End == state.End);

    private static LifecycleActions ActionsOf(LifecycleState state, LifecycleEvent e)
    {
        state.Apply(e, out var actions);
        return actions;
    }

    private static string Change(LifecycleState before, LifecycleState after)
    {
        List<string> changes = [];
        if (before.Input != after.Input)
            changes.Add($"input {after.Input}");
        if (before.Output != after.Output)
            changes.Add($"output {after.Output}");
        if (before.Owner != after.Owner)
            changes.Add($"owner {after.Owner}");
        if (before.End != after.End)
            changes.Add($"end {after.End}");
        return string.Join(", ", changes);
    }

    private static string Condition(List<LifecycleState> states)
    {
        return string.Join("; ",
            $"input {Values(states.Select(state => state.Input))}",
            $"output {Values(states.Select(state => state.Output))}",
            $"owner {Values(states.Select(state => state.Owner))}",
            $"end {Values(states.Select(state => state.End))}");
    }

    /// <summary>The values of the states, or "any".</summary>
    private static string Values<T>(IEnumerable<T> values)
        where T : struct, Enum
    {
        var own = values.Distinct().Order().ToList();
        return own.Count == Enum.GetValues<T>().Length ? "any" : string.Join("/", own);
    }

    private static string ActionText(LifecycleActions actions) => actions is LifecycleActions.None ? "" : $"{actions}";
}
