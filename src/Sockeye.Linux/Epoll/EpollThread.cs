using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>An engine thread on epoll(7).</summary>
/// <remarks>
/// Edge-triggered: a socket is registered once, for both directions, until it is closed. Each event causes a bounded amount of
/// work for its connection.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes its fields when it ends.")]
internal sealed class EpollThread(EngineSetup setup, int index) : EngineThread(setup, index)
{
    private const int MaxEvents = 256;

    private readonly TokenTable<EpollConnection> _connections = new();
    private readonly TokenTable<Registration> _registrations = new();
    private EpollInstance? _epoll;

    /// <summary>Memory for bytes that have no reader.</summary>
    public PipeSegment DiscardBuffer { get; } = setup.Pool.CreateUnpooled(SegmentPool.LargeSize);

    public override ConnectionContext StartConnection(ConnectedSocket socket, SocketFunction? function, long? startedAt = null)
    {
        var connection = new EpollConnection(this, socket);
        connection.Start(function, startedAt);
        return connection;
    }

    public ulong RegisterSocket(EpollConnection connection, int descriptor)
    {
        AssertOnEngineThread();
        var token = _connections.Add(connection);
        try
        {
            Add(descriptor, EpollEvents.Both, token);
            return token;
        }
        catch
        {
            _connections.Remove(token);
            throw;
        }
    }

    public void Remove(ulong token)
    {
        AssertOnEngineThread();
        _connections.Remove(token);
    }

    public void DeregisterSocket(int descriptor)
    {
        AssertOnEngineThread();
        _epoll!.Remove(descriptor);
    }

    public override void Register(Registration registration)
    {
        AssertOnEngineThread();
        registration.Token = _registrations.Add(registration);
        try
        {
            Add(
                registration.Descriptor,
                registration.IsForWriting ? EpollEvents.Write : EpollEvents.Read,
                EpollInstance.RegistrationFlag | registration.Token);
        }
        catch
        {
            _registrations.Remove(registration.Token);
            throw;
        }
    }

    public override void Deregister(Registration registration)
    {
        AssertOnEngineThread();
        _epoll!.Remove(registration.Descriptor);
        _registrations.Remove(registration.Token);
        registration.OnStopped();
    }

    protected override void OpenEngine()
    {
        _epoll = new(Setup.Kernel, MaxEvents);
        Add(Waker.Descriptor, EpollEvents.Read, 0);
    }

    protected override bool Poll(int timeout)
    {
        var count = _epoll!.Wait(timeout);
        Waker.EndSleep();
        for (var i = 0; i < count; i++)
        {
            var (events, token) = _epoll![i];
            try
            {
                OnEvents(events, token);
            }
            catch (Exception e)
            {
                Setup.ErrorLog.Log(Name, e);
            }
        }

        return count > 0;
    }

    protected override void AbortConnections(CloseReason reason)
    {
        foreach (var connection in _connections.ToList())
            connection.Abort(reason);
    }

    protected override void CloseEngine() => _epoll?.Dispose();

    private void OnEvents(EpollEvents events, ulong token)
    {
        if ((token & EpollInstance.RegistrationFlag) != 0)
        {
            _registrations.Find(token & ~EpollInstance.RegistrationFlag)?.OnReady();
            return;
        }

        if (_connections.Find(token) is not { } connection)
            return;
        try
        {
            connection.OnEvents(events);
        }
        catch (Exception e)
        {
            connection.OnWorkFailed(e);
        }
    }

    private void Add(int descriptor, EpollEvents events, ulong token)
    {
        var error = Setup.RefuseToRegister(descriptor);
        if (error is Errno.None)
            error = _epoll!.Add(descriptor, events, token);
        if (error is not Errno.None)
            throw EpollErrorText.ToException(error);
    }
}
