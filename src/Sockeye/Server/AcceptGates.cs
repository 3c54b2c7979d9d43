namespace Sockeye;

/// <summary>The gates of one listener, all of which have to be open for the next client. A reload may change them.</summary>
internal sealed class AcceptGates(IReadOnlyList<IAcceptGate> gates, CancellationToken stopping)
{
    private GateSet _current = new(gates, stopping);

    /// <summary>Replaces the gates. Clients that wait at the previous ones start again.</summary>
    public void Replace(IReadOnlyList<IAcceptGate> gates) =>
        Interlocked.Exchange(ref _current, new(gates, stopping)).End();

    /// <summary>Ends when the next client may be taken, or throws when the listener is to stop.</summary>
    /// <param name="status">Told which gate is closed.</param>
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
                // Others decide now.
            }
        }
    }

    private sealed class GateSet
    {
        private readonly IReadOnlyList<IAcceptGate> _gates;
        private readonly CancellationTokenSource _ending;
        private readonly CancellationToken _ended; // Kept: a source that was disposed gives none.

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
                open = 0; // The others may have closed meanwhile: all are asked again.
            }
        }
    }
}
