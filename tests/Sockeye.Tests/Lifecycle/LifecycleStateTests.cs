using CsCheck;
using static Sockeye.LifecycleState;

namespace Sockeye.Tests.Lifecycle;

/// <summary>The state machine of a connection's end: every state with every event, and any sequence of events.</summary>
public sealed class LifecycleStateTests
{
    private static readonly LifecycleEvent[] Events = Enum.GetValues<LifecycleEvent>();

    /// <summary>All states that events can reach.</summary>
    private static readonly HashSet<LifecycleState> Reachable = FindReachable();

    [Fact]
    public void Every_event_in_every_state_keeps_the_rules()
    {
        foreach (var before in Reachable)
        {
            foreach (var e in Events)
            {
                var after = before.Apply(e, out var actions);
                Assert.All(
                    Rules(before, after, actions),
                    rule => Assert.True(rule.Holds, $"{before} + {e} -> {after}: {rule.Name}"));
            }
        }
    }

    [Fact]
    public void Every_state_can_still_be_closed()
    {
        foreach (var state in Reachable.Where(state => state.End is not EndState.Closed))
        {
            var closed = state.Apply(LifecycleEvent.Thawed, out _)
                .Apply(LifecycleEvent.ResetRequested, out _)
                .Apply(LifecycleEvent.Closing, out _)
                .Apply(LifecycleEvent.Closed, out _);
            Assert.Equal((EndState.Closed, OutputState.Ended, false), (closed.End, closed.Output, closed.CanReceive));
        }
    }

    [Fact]
    public void The_table_of_the_documentation_is_the_code()
    {
        var page = FindPage();
        Assert.SkipWhen(page is null, "This test compares docs/lifecycle.md of a checkout.");
        var documented = File.ReadAllText(page);
        var table = LifecycleTable.Create(Reachable, Events);
        Assert.True(documented.Contains(table, StringComparison.Ordinal), $"docs/lifecycle.md needs this table:\n{table}");
    }

    /// <summary>Compares any sequence of events with a model that has no combined states.</summary>
    [Fact]
    public void Any_sequence_of_events_ends_as_in_the_model() =>
        Gen.Int[0, Events.Length - 1].Select(index => Events[index]).Array[0, 30].Sample(
            events =>
            {
                var (state, model) = (default(LifecycleState), new LifecycleModel());
                foreach (var e in events)
                {
                    state = state.Apply(e, out var actions);
                    model.Apply(e, actions);
                    model.AssertEquals(state);
                }
            },
            iter: 20_000);

    private static IEnumerable<(string Name, bool Holds)> Rules(
        LifecycleState before, LifecycleState after, LifecycleActions actions)
    {
        yield return ("an ended direction stays ended",
            before.IsStill
                || ((before.CanReceive || !after.CanReceive) && (before.CanSend || !after.CanSend)));
        yield return ("nothing is received once both directions end", !after.IsEnding || !after.CanReceive);
        yield return ("a still connection starts no operation, and leaves that state by a thaw, a move or an end",
            !before.IsStill || (!before.CanReceive && !before.CanSend));
        yield return ("the end goes back by a thaw only",
            after.End >= before.End || (before.IsStill && after.End is EndState.Open && actions is LifecycleActions.Resume));
        yield return ("a frozen connection changes by a thaw or a move only",
            before.End is not EndState.Frozen || after with { Owner = before.Owner } == before
                || after.End is EndState.Open or EndState.MoveRequested);
        yield return ("a connection that moves is neither shut down nor reset",
            !before.Moves || after.Moves || after.End is EndState.Closed);
        yield return ("an end by RST stays one until the socket is closed",
            !before.Resets || after.Resets || after.End is EndState.Closed);
        yield return ("FIN is sent once, and never after a break", !actions.HasFlag(LifecycleActions.SendFin)
            || (before is { Output: OutputState.Open, IsEnding: false } && !after.CanSend));
        yield return ("FIN is not sent while the owner withholds it", !actions.HasFlag(LifecycleActions.SendFin)
            || before.Owner is not OwnerState.Owned);
        yield return ("the close is requested once",
            actions.HasFlag(LifecycleActions.Close) == (!before.IsEnding && after.IsEnding));
        yield return ("a pipe ends when its direction ends by itself, or at the close",
            actions.HasFlag(LifecycleActions.EndOutput)
                == (before.Output is not OutputState.Ended && after.Output is OutputState.Ended));
        yield return ("a withheld FIN has a timer", actions.HasFlag(LifecycleActions.StartFinTimer)
            == (before.Output is not OutputState.FinWithheld && after.Output is OutputState.FinWithheld));
        yield return ("a FIN that is no longer withheld has none", actions.HasFlag(LifecycleActions.StopFinTimer)
            == (before.Output is OutputState.FinWithheld && after.Output is not OutputState.FinWithheld));
        yield return ("waiters are notified once, at the end", actions.HasFlag(LifecycleActions.NotifyClosed)
            == (before.End is not EndState.Closed && after.End is EndState.Closed));
        yield return ("the first reason of a close stays the last",
            !before.IsEnding || !actions.HasFlag(LifecycleActions.RecordReason));
        yield return ("closed is final", before.End is not EndState.Closed || (after with { Owner = before.Owner } == before));
    }

    private static string? FindPage()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var page = Path.Combine(folder.FullName, "docs", "lifecycle.md");
            if (File.Exists(page))
                return page;
        }

        return null;
    }

    private static HashSet<LifecycleState> FindReachable()
    {
        HashSet<LifecycleState> reachable = [default];
        for (var open = new Queue<LifecycleState>(reachable); open.TryDequeue(out var state);)
        {
            foreach (var next in Events.Select(e => state.Apply(e, out _)).Where(reachable.Add))
                open.Enqueue(next);
        }

        return reachable;
    }
}
