using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Linux;

/// <summary>An engine thread on epoll(7).</summary>
/// <remarks>
/// Edge-triggered: a socket is registered once, for both directions, and not again until it is closed. Each event is one bounded
/// turn of its connection.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The thread disposes of what it owns when it ends.")]
internal sealed class EpollThread(EngineSetup setup, int index) : EngineThread(setup, index)
{
    private const int MaxEvents = 256;

    private readonly TokenTable<EpollConnection> _connections = new();
    private readonly TokenTable<Registration> _registrations = new();
    private EpollInstance? _epoll;

    /// <summary>Where bytes go that nobody wants to read.</summary>
    public Segment DiscardBuffer { get; } = setup.Pool.CreateUnpooled(SegmentPool.LargeSize);

    public override EngineConnection NewConnection(ConnectedSocket socket) => new EpollConnection(this, socket);

    public ulong RegisterSocket(EpollConnection connection, int descriptor)
    {
        var number = _connections.Add(connection);
        try
        {
            Add(descriptor, EpollEvents.Both, number);
            return number;
        }
        catch
        {
            _connections.Remove(number);
            throw;
        }
    }

    public void Remove(ulong number) => _connections.Remove(number);

    public void DeregisterSocket(int descriptor) => _epoll!.Remove(descriptor);

    public override void RegisterSocket(Registration registration)
    {
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
        _epoll!.Remove(registration.Descriptor);
        _registrations.Remove(registration.Token);
        registration.OnStopped();
    }

    protected override void OpenEngine()
    {
        _epoll = new(MaxEvents);
        Add(Waker.Descriptor, EpollEvents.Read, 0);
    }

    protected override bool Poll(int timeout)
    {
        var count = _epoll!.Wait(timeout);
        Waker.EndSleep();
        for (var i = 0; i < count; i++)
        {
            var (events, number) = _epoll![i];
            try
            {
                OnEvents(events, number);
            }
            catch (Exception e)
            {
                Setup.ErrorLog.Log(Name, e);
            }
        }

        return count > 0;
    }

    protected override IEnumerable<EngineConnection> GetConnections() => _connections.ToList();

    protected override void CloseEngine() => _epoll?.Dispose();

    private void OnEvents(EpollEvents events, ulong number)
    {
        if ((number & EpollInstance.RegistrationFlag) != 0)
        {
            _registrations.Find(number & ~EpollInstance.RegistrationFlag)?.OnReady();
            return;
        }

        if (_connections.Find(number) is not { } connection)
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

    private void Add(int descriptor, EpollEvents events, ulong number)
    {
        var error = Setup.RefuseToRegister(descriptor);
        if (error is Errno.None)
            error = _epoll!.Add(descriptor, events, number);
        if (error is not Errno.None)
            throw EpollErrorText.ToException(error);
    }
}
