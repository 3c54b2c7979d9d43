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

    private readonly ConnectionSlots<EpollConnection> _connections = new();
    private readonly ConnectionSlots<DescriptorWatch> _watches = new();
    private EpollDescriptor? _epoll;

    /// <summary>Where bytes go that nobody wants to read.</summary>
    public Segment Waste { get; } = setup.Pool.MakeOwn(SegmentPool.LargeSize);

    public override EngineConnection NewConnection(ConnectedSocket socket) => new EpollConnection(this, socket);

    public ulong Register(EpollConnection connection, int descriptor)
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

    public void Forget(ulong number) => _connections.Remove(number);

    public void Unregister(int descriptor) => _epoll!.Remove(descriptor);

    public override void Begin(DescriptorWatch watch)
    {
        watch.Number = _watches.Add(watch);
        try
        {
            Add(
                watch.Descriptor,
                watch.ForWriting ? EpollEvents.Write : EpollEvents.Read,
                EpollDescriptor.WatchFlag | watch.Number);
        }
        catch
        {
            _watches.Remove(watch.Number);
            throw;
        }
    }

    public override void End(DescriptorWatch watch)
    {
        _epoll!.Remove(watch.Descriptor);
        _watches.Remove(watch.Number);
        watch.OnEnded();
    }

    protected override void Open()
    {
        _epoll = new(MaxEvents);
        Add(WakeUp.Descriptor, EpollEvents.Read, 0);
    }

    protected override bool Wait(int timeout)
    {
        var count = _epoll!.Wait(timeout);
        WakeUp.EndSleep();
        for (var i = 0; i < count; i++)
        {
            var (events, number) = _epoll![i];
            try
            {
                OnEvents(events, number);
            }
            catch (Exception e)
            {
                Setup.Trouble.Report(Name, e);
            }
        }

        return count > 0;
    }

    protected override IEnumerable<EngineConnection> Connections() => _connections.All();

    protected override void Close() => _epoll?.Dispose();

    private void OnEvents(EpollEvents events, ulong number)
    {
        if ((number & EpollDescriptor.WatchFlag) != 0)
        {
            _watches.Find(number & ~EpollDescriptor.WatchFlag)?.OnReady();
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
        var error = Setup.RefuseToWatch(descriptor);
        if (error is Errno.None)
            error = _epoll!.Add(descriptor, events, number);
        if (error is not Errno.None)
            throw EpollRefusal.Of(error);
    }
}
