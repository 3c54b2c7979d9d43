using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>The <see cref="LifecycleState"/> of a connection, which events change in turn. Must not be copied.</summary>
/// <remarks>Safe from any thread: each event takes effect at once or not at all.</remarks>
internal struct ConnectionLifecycle
{
    private int _state;

    public readonly LifecycleState State => Unpack(Volatile.Read(in _state));

    /// <summary>Changes the state by an event, and returns the actions that the caller has to carry out.</summary>
    public LifecycleActions Apply(LifecycleEvent @event)
    {
        while (true)
        {
            var before = Volatile.Read(ref _state);
            var after = Unsafe.BitCast<LifecycleState, int>(Unpack(before).Apply(@event, out var actions));
            // A full fence, even if the state stays the same: the caller may have changed what another event reads.
            if (Interlocked.CompareExchange(ref _state, after, before) == before)
                return actions;
        }
    }

    private static LifecycleState Unpack(int state) => Unsafe.BitCast<int, LifecycleState>(state);
}
