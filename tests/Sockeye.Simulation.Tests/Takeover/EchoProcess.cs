using System.Buffers.Binary;
using Microsoft.AspNetCore.Connections;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>A process with a server that answers lines. It can end or stand still at any moment.</summary>
internal sealed class EchoProcess(SimulatedMachine machine, string name) : IPredecessorServer, ISuccessorServer
{
    private const int MaxBatch = 3;

    private readonly List<Served> _served = [];
    private readonly List<Prepared> _prepared = [];
    private readonly List<Action> _onCrash = [];
    private SimulatedDescriptor? _listener;
    private TaskCompletionSource? _paused;

    public string Name => name;

    public bool IsDead { get; private set; }

    public List<SimulatedDescriptor> Descriptors { get; } = [];

    /// <summary>Starts without a predecessor.</summary>
    public async Task StartAsync()
    {
        _listener = await machine.BindAsync(this);
        machine.StartAccepting(this);
    }

    /// <summary>Ends at once, as by SIGKILL.</summary>
    public void Crash()
    {
        machine.Network.Note($"{name} crashes");
        IsDead = true;
        machine.StopAccepting(this);
        _onCrash.ForEach(action => action());
        foreach (var descriptor in Descriptors.ToList())
            descriptor.Dispose();
    }

    public void OnCrash(Action action) => _onCrash.Add(action);

    public void Pause()
    {
        machine.Network.Note($"{name} stands still");
        _paused = new();
    }

    public void Resume()
    {
        var paused = _paused;
        _paused = null;
        paused?.SetResult();
    }

    /// <summary>Completes while the process runs: never, once it is dead.</summary>
    public async Task RunsAsync()
    {
        while (_paused is { } paused)
            await paused.Task;
        if (IsDead)
            await new TaskCompletionSource().Task;
    }

    /// <summary>The successor serves alone. What has not moved is served here until its client ends it.</summary>
    public void Finish()
    {
        machine.StopAccepting(this);
        _listener?.Dispose();
    }

    public void OnAccepted(ConnectionContext client)
    {
        var connection = new EchoConnection(client, machine);
        var canMove = machine.Network.Random.Next(5) > 0;
        Serve(new(connection, new(connection.Socket, this), canMove), count: 0);
    }

    /// <summary>The connections of the commit that came last are this process's, whatever happens.</summary>
    public void OwnCommitted()
    {
        foreach (var prepared in _prepared)
            prepared.Connection.Owner = this;
    }

    IReadOnlyList<HandedListener> IPredecessorServer.GetListeners() =>
        [new("*:7", 0, HandedListenerRole.Clients, false, _listener!)];

    Task IPredecessorServer.StopAcceptingAsync()
    {
        machine.StopAccepting(this);
        return Task.CompletedTask;
    }

    Task IPredecessorServer.ResumeAcceptingAsync()
    {
        if (!IsDead)
            machine.StartAccepting(this);
        return Task.CompletedTask;
    }

    async Task<IReadOnlyList<OutgoingConnection>> IPredecessorServer.DetachAsync(CancellationToken cancellationToken)
    {
        await RunsAsync();
        var batch = _served.Where(one => one.CanMove).Take(1 + machine.Network.Random.Next(MaxBatch)).ToList();
        List<OutgoingConnection> detached = [];
        foreach (var one in batch)
        {
            one.CanMove = false;
            if (await one.Connection.DetachAsync())
                detached.Add(new Detached(one, machine.Network.Elapsed, machine.Network));
        }

        return detached.Count == 0 && batch.Count > 0
            ? await ((IPredecessorServer)this).DetachAsync(cancellationToken)
            : detached;
    }

    void IPredecessorServer.StopDetaching()
    {
        // Every connection that pauses is in a batch.
    }

    void IPredecessorServer.TakeBack(OutgoingConnection connection, string? reason)
    {
        if (!IsDead)
            Serve(((Detached)connection).Served, ((Detached)connection).Served.Count);
    }

    void IPredecessorServer.Forget(OutgoingConnection connection)
    {
        if (!IsDead)
            connection.Handle.Dispose();
    }

    async Task ISuccessorServer.AttachAsync(IReadOnlyList<HandedListener> listeners)
    {
        await RunsAsync();
        _listener = (SimulatedDescriptor?)listeners.SingleOrDefault()?.Handle;
        if (_listener is null)
        {
            // A process that ends closes its descriptors one after the other: the channel may end before the port is free.
            while (machine.Listener is not null)
                await machine.Network.Pause(TimeSpan.FromMilliseconds(10));
            _listener = await machine.BindAsync(this);
        }

        machine.StartAccepting(this);
    }

    PreparedConnection ISuccessorServer.Prepare(OfferedConnection connection)
    {
        var descriptor = (SimulatedDescriptor)connection.Handle;
        if (machine.Network.Random.Next(8) == 0)
        {
            descriptor.Dispose();
            return new("it is the wrong day");
        }

        var prepared = new Prepared(
            machine.Find(descriptor.Socket), descriptor, BinaryPrimitives.ReadInt32LittleEndian(connection.State.Span));
        _prepared.Add(prepared);
        return prepared;
    }

    void ISuccessorServer.Serve(PreparedConnection connection)
    {
        if (IsDead)
            return;
        var prepared = (Prepared)connection;
        _prepared.Remove(prepared);
        Serve(new(prepared.Connection, prepared.Descriptor, canMove: true), prepared.Count);
    }

    void ISuccessorServer.Discard(PreparedConnection connection)
    {
        _prepared.Remove((Prepared)connection);
        ((Prepared)connection).Descriptor.Dispose();
    }

    Task ISuccessorServer.WithdrawAsync()
    {
        Finish();
        return Task.CompletedTask;
    }

    private void Serve(Served one, int count)
    {
        machine.Add(one.Connection);
        _served.Add(one);
        _ = ServeAsync(one, count);
    }

    private async Task ServeAsync(Served one, int count)
    {
        var isDetached = await one.Connection.ServeAsync(this, count, saved => one.Count = saved);
        _served.Remove(one);
        if (!isDetached && !IsDead)
            one.Descriptor.Dispose();
    }

    private sealed class Served(EchoConnection connection, SimulatedDescriptor descriptor, bool canMove)
    {
        public EchoConnection Connection => connection;

        public SimulatedDescriptor Descriptor => descriptor;

        public bool CanMove { get; set; } = canMove;

        public int Count { get; set; }
    }

    private sealed class Detached(Served served, TimeSpan since, SimulatedNetwork network)
        : OutgoingConnection(served.Descriptor, BitConverter.GetBytes(served.Count))
    {
        public Served Served => served;

        public override TimeSpan StoodStill => network.Elapsed - since;
    }

    private sealed class Prepared(EchoConnection connection, SimulatedDescriptor descriptor, int count)
        : PreparedConnection(refusal: null)
    {
        public EchoConnection Connection => connection;

        public SimulatedDescriptor Descriptor => descriptor;

        public int Count => count;
    }
}
