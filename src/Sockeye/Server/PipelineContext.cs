namespace Sockeye;

/// <summary>The context that middleware uses, and adds to, while the pipeline of an endpoint is built.</summary>
/// <param name="listen">The endpoint.</param>
/// <param name="server">The objects of the running server.</param>
internal sealed class PipelineContext(ListenOptions listen, ServerContext server)
{
    private readonly List<IAcceptGate> _gates = [];
    private readonly List<IConnectionCounter> _counters = [];

    /// <summary>The endpoint, as logs and errors name it.</summary>
    public ListenOptions Listen => listen;

    public ServerContext Server => server;

    /// <summary>The gates of the endpoint, in the order of their middleware.</summary>
    public IReadOnlyList<IAcceptGate> Gates => _gates;

    /// <summary>The limits of the endpoint that count open connections.</summary>
    public IReadOnlyList<IConnectionCounter> Counters => _counters;

    /// <summary>Adds a gate, which decides with the others when the endpoint accepts its next client.</summary>
    public void AddGate(IAcceptGate gate) => _gates.Insert(0, gate); // A pipeline is built from its end.

    /// <summary>Adds a limit, which a reload then makes count the connections that are already open.</summary>
    public T AddCounter<T>(T counter)
        where T : IConnectionCounter
    {
        _counters.Add(counter);
        return counter;
    }
}
