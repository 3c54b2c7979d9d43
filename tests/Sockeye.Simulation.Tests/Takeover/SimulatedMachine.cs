using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>A computer with processes that share one port, one after the other.</summary>
internal sealed class SimulatedMachine(SimulatedNetwork network, Invariants invariants)
{
    public const int Port = 7;

    private readonly SimulatedHost _host = network.AddHost("server");
    private readonly Queue<ConnectionContext> _queue = [];
    private readonly List<EchoProcess> _acceptors = [];
    private readonly Dictionary<SharedSocket, EchoConnection> _connections = [];

    public SimulatedNetwork Network => network;

    public Invariants Invariants => invariants;

    /// <summary>The listening socket; null if no process has one.</summary>
    public SharedSocket? Listener { get; private set; }

    /// <summary>The time of the last bind: before it, no process had a listening socket.</summary>
    public TimeSpan BoundAt { get; private set; }

    /// <summary>The processes that accept.</summary>
    public IReadOnlyList<EchoProcess> Acceptors => _acceptors;

    /// <summary>The number of connections that ended with the process that they belonged to.</summary>
    public int LostConnections { get; set; }

    /// <summary>Returns a descriptor of the listening socket, which is bound if it is not.</summary>
    public async Task<SimulatedDescriptor> BindAsync(EchoProcess process)
    {
        if (Listener is not null)
            throw new AddressInUseException("The port is in use.");
        var listener = await _host.BindAsync(new IPEndPoint(IPAddress.Any, Port));
        BoundAt = network.Elapsed;
        Listener = new(() =>
        {
            Listener = null;
            _ = listener.UnbindAsync().AsTask();
            while (_queue.TryDequeue(out var waiting))
                waiting.Abort();
        });
        var descriptor = new SimulatedDescriptor(Listener, process);
        _ = AcceptAsync(listener);
        return descriptor;
    }

    public void StartAccepting(EchoProcess process)
    {
        _acceptors.Add(process);
        GiveClients();
    }

    public void StopAccepting(EchoProcess process) => _acceptors.Remove(process);

    public void Add(EchoConnection connection) => _connections[connection.Socket] = connection;

    public EchoConnection Find(SharedSocket socket) => _connections[socket];

    private async Task AcceptAsync(IConnectionListener listener)
    {
        while (await listener.AcceptAsync() is { } client)
        {
            _queue.Enqueue(client);
            GiveClients();
        }
    }

    private void GiveClients()
    {
        while (_acceptors.Count > 0 && _queue.TryDequeue(out var client))
            _acceptors[network.Random.Next(_acceptors.Count)].OnAccepted(client);
    }
}
