using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A number of places on one endpoint; who finds none waits in the accept queue.</summary>
internal sealed class ConnectionPlaces : IAcceptGate
{
    private readonly ListenOptions _listen;
    private readonly int _max;
    private readonly AcceptPermits _places;

    public ConnectionPlaces(ListenOptions listen, int maxConnections)
    {
        (_listen, _max) = (listen, maxConnections);
        _places = new("UseConnectionLimit", maxConnections, () => Notice.Notify());
    }

    public string Name => _places.Name;

    // Made when it is first needed: the options are complete only at the start.
    private BacklogNotice Notice => LazyInitializer.EnsureInitialized(
        ref field, () => new(Name, _listen, $"all of its {_max} connections are in use"))!;

    public ValueTask WaitAsync(CancellationToken stopping) => _places.WaitAsync(stopping);

    public ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping) =>
        _places.EnterAsync(connection, stopping);

    public void Leave() => _places.Leave();

    public void EnterExisting() => _places.EnterExisting();

    public void ReleaseWaiters() => _places.ReleaseWaiters();
}
