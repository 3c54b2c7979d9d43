namespace Sockeye;

/// <summary>The gates of one listener. It accepts the next client when all of them are open. A reload may replace them.</summary>
internal sealed class AcceptGates(IReadOnlyList<IAcceptGate> gates, CancellationToken stopping)
{
    private GateSet _current = new(gates, stopping);

    /// <summary>Replaces the gates. A wait at the previous gates starts again.</summary>
    public void Replace(IReadOnlyList<IAcceptGate> gates) =>
        Interlocked.Exchange(ref _current, new(gates, stopping)).End();

    /// <summary>Completes when the next client may be accepted. Throws when the listener stops.</summary>
    /// <param name="status">Gets the name of the gate that is closed.</param>
    public async ValueTask WaitAsync(AcceptStatus status)
    {
        while (true)
        {
            var current = Volatile.Read(ref _current);
            try
            {
                await current.WaitAsync(status);
                return;
            }
            catch (OperationCanceledException) when (current.IsEnded && !stopping.IsCancellationRequested)
            {
                // A reload replaced the gates: wait at the new ones.
            }
        }
    }

    private sealed class GateSet
    {
        private readonly IReadOnlyList<IAcceptGate> _gates;
        private readonly CancellationTokenSource _ending;
        private readonly CancellationToken _ended; // A copy, because a disposed source does not return its token.

        public GateSet(IReadOnlyList<IAcceptGate> gates, CancellationToken stopping)
        {
            (_gates, _ending) = (gates, CancellationTokenSource.CreateLinkedTokenSource(stopping));
            _ended = _ending.Token;
        }

        public bool IsEnded => _ended.IsCancellationRequested;

        public void End()
        {
            _ending.Cancel();
            _ending.Dispose();
        }

        public async ValueTask WaitAsync(AcceptStatus status)
        {
            for (var open = 0; open < _gates.Count;)
            {
                var wait = _gates[open].WaitAsync(_ended);
                if (wait.IsCompletedSuccessfully)
                {
                    open++;
                    continue;
                }

                status.OnHeld(_gates[open].Name);
                await wait;
                open = 0; // Other gates may have closed in the meantime.
            }
        }
    }
}
