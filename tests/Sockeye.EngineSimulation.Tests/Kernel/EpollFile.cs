using System.Runtime.InteropServices;
using Sockeye.Linux;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>An epoll instance (epoll(7)): edge-triggered, with the events in any order, and sometimes without a reason.</summary>
internal sealed class EpollFile(Chance chance, KernelFaults faults) : SimulatedFile, IWaitable
{
    private readonly Dictionary<int, Watch> _watches = [];
    private Action? _onReady;

    private IEnumerable<Watch> Ready => _watches.Values.Where(watch => watch.IsReady);

    public override PollMask Poll() => Ready.Any() ? PollMask.In : PollMask.None;

    public int Add(int descriptor, SimulatedFile file, PollMask events, long token)
    {
        if (_watches.ContainsKey(descriptor))
            return -Errors.Exists;
        var watch = new Watch(this, file, events | PollMask.Always, token);
        _watches.Add(descriptor, watch);
        if (watch.Current is not PollMask.None)
            OnReady(watch);
        return 0;
    }

    public bool Watches(int descriptor) => _watches.ContainsKey(descriptor);

    public int Remove(int descriptor)
    {
        if (!_watches.Remove(descriptor, out var watch))
            return -Errors.NoEntry;
        watch.End();
        return 0;
    }

    public int Wait(nint events, int maxEvents)
    {
        if (chance.Is(faults.Interruption))
            return -(int)Errno.Interrupted;
        if (chance.Is(faults.SpuriousEvent) && _watches.Count > 0)
            chance.Pick([.. _watches.Values]).BecomeReadyWithoutReason();
        var ready = chance.Shuffle([.. Ready]);
        var most = chance.Is(faults.FewEvents) ? 1 : maxEvents;
        var count = 0;
        foreach (var watch in ready.TakeWhile(_ => count < most))
        {
            if (watch.Take() is not (not PollMask.None and var mask))
                continue;
            var address = events + (count++ * EpollInstance.EventSize);
            Marshal.WriteInt32(address, (int)mask);
            Marshal.WriteInt64(address + EpollInstance.TokenOffset, watch.Token);
        }

        return count;
    }

    public void WhenReady(Action action)
    {
        if (Ready.Any())
            action();
        else
            _onReady = action;
    }

    public void StopWaiting() => _onReady = null;

    public override void Close()
    {
        foreach (var watch in _watches.Values)
            watch.End();
        _watches.Clear();
    }

    private void OnReady(Watch watch)
    {
        watch.IsReady = true;
        var waiting = _onReady;
        _onReady = null;
        waiting?.Invoke();
    }

    private sealed class Watch
    {
        private readonly EpollFile _epoll;
        private readonly SimulatedFile _file;
        private readonly PollMask _events;
        private PollMask _spurious;

        public Watch(EpollFile epoll, SimulatedFile file, PollMask events, long token)
        {
            (_epoll, _file, _events, Token) = (epoll, file, events, token);
            file.Woken += OnWoken;
        }

        public long Token { get; }

        /// <summary>Whether the file was woken since its events were last reported.</summary>
        public bool IsReady { get; set; }

        public PollMask Current => _file.Poll() & _events;

        public void BecomeReadyWithoutReason() => (IsReady, _spurious) = (true, _events & (PollMask.In | PollMask.Out));

        /// <summary>Returns what is reported.</summary>
        public PollMask Take()
        {
            var mask = Current | _spurious;
            (IsReady, _spurious) = (false, PollMask.None);
            return mask;
        }

        public void End() => _file.Woken -= OnWoken;

        private void OnWoken()
        {
            if (Current is not PollMask.None)
                _epoll.OnReady(this);
        }
    }
}
