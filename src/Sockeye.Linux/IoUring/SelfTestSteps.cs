using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>The steps of the self-test, with a group of small buffers and a socket pair.</summary>
internal sealed class SelfTestSteps : IDisposable
{
    private const ushort Group = 1;
    private const int BufferCount = 8;
    private const int BufferLength = 64;
    private const uint Limit = 2 * BufferLength;
    private const ulong ReceiveData = 1, SendData = 2, CancelData = 3;
    private const int MaxEnters = 8;
    private const int MaxInterruptions = 10_000;
    private static readonly TimeSpan EnterTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Memory that the kernel may still write to. It is never freed.</summary>
    private static readonly List<byte[]> Leaked = [];
    private static readonly Lock LeakedLock = new();

    private readonly Ring _ring;
    private readonly SelfTestMonitor _monitor;
    private readonly BufferRing _buffers;
    private readonly SocketPair _pair = SocketPair.Create();
    private readonly byte[] _slab = GC.AllocateArray<byte>(BufferCount * BufferLength, pinned: true);
    private readonly byte[] _data = GC.AllocateArray<byte>(BufferLength, pinned: true);
    private readonly List<Completion> _completions = [];
    private int _inFlight;

    /// <exception cref="EngineException">The kernel refuses the group of buffers.</exception>
    public SelfTestSteps(Ring ring, SelfTestMonitor monitor)
    {
        (_ring, _monitor) = (ring, monitor);
        try
        {
            _buffers = BufferRing.Create(ring, Group, BufferCount);
        }
        catch
        {
            _pair.Dispose();
            throw;
        }

        for (ushort id = 0; id < BufferCount; id++)
            _buffers.Provide(Address(_slab, id * BufferLength), BufferLength, id);
        _buffers.Publish();
        for (var i = 0; i < _data.Length; i++)
            _data[i] = (byte)(i + 1);
    }

    /// <summary>
    /// Sends, receives by a multishot receive into a selected buffer, and cancels that. Returns null, or the fault as a clause.
    /// </summary>
    public string? FindFault()
    {
        Receive(0);
        Send();
        if (!EnterUntil(() => CompletionsOf(SendData).Length == 1 && CompletionsOf(ReceiveData).Length > 0))
            return "a send and a receive did not complete";
        if (CompletionsOf(SendData)[0].Result != BufferLength)
            return $"a send of {BufferLength} bytes completed with {CompletionsOf(SendData)[0].Result}";

        var received = CompletionsOf(ReceiveData)[0];
        if (received is not { Result: BufferLength, HasBuffer: true, HasMore: true, BufferId: < BufferCount } ||
            !_slab.AsSpan(received.BufferId * BufferLength, BufferLength).SequenceEqual(_data))
            return $"a multishot receive of {BufferLength} bytes completed with {received.Result}, or in the wrong place";

        _completions.Clear();
        Cancel();
        if (!EnterUntil(() => _inFlight == 0))
            return "a cancelled receive did not end";
        var isCancelled = CompletionsOf(ReceiveData) is [{ Result: -IoUringError.Cancelled }];
        return isCancelled && CompletionsOf(CancelData) is [{ Result: >= 0 }]
            ? null
            : "a cancel did not find its receive";
    }

    /// <summary>Returns whether a receive ends at its limit although more could be received.</summary>
    public bool SupportsReceiveLimit()
    {
        _completions.Clear();
        for (var i = 0; i < 3; i++)
            Send();
        EnterUntil(() => _inFlight == 0);

        _completions.Clear();
        Receive(Limit);
        EnterUntil(() => CompletionsOf(ReceiveData) is [.., { HasMore: false }] or { Length: >= 3 });
        return CompletionsOf(ReceiveData) is [{ Result: BufferLength, HasMore: true }, { Result: BufferLength, HasMore: false }];
    }

    public void Dispose()
    {
        if (_inFlight > 0 && !TryCancel())
        {
            lock (LeakedLock)
                Leaked.AddRange([_slab, _data]);
        }

        _buffers.Dispose();
        _pair.Dispose();
    }

    private bool TryCancel()
    {
        try
        {
            Cancel();
            return EnterUntil(() => _inFlight == 0);
        }
        catch (EngineException)
        {
            return false; // An earlier refusal is already the result.
        }
    }

    private void Receive(uint limit)
    {
        _ring.Next().ReceiveMultishot(_pair.First, Group, limit, ReceiveData);
        _inFlight++;
    }

    private void Send()
    {
        _ring.Next().Send(_pair.Second, Address(_data, 0), _data.Length, SendData);
        _inFlight++;
    }

    private void Cancel()
    {
        _ring.Next().Cancel(_pair.First, CancelData);
        _inFlight++;
    }

    private bool EnterUntil(Func<bool> isDone)
    {
        // A signal, such as one of the garbage collector, and a brief lack of memory are not faults of io_uring.
        for (var (enters, interruptions) = (0, 0); enters < MaxEnters && interruptions < MaxInterruptions && !isDone();)
        {
            if (_monitor.Run(() => _ring.Enter(1, EnterTime)) is EnterOutcome.Interrupted or EnterOutcome.Busy)
                interruptions++;
            else
                enters++;
            while (_ring.TryTake(out var completion))
            {
                _completions.Add(completion);
                if (!completion.HasMore)
                    _inFlight--;
            }
        }

        return isDone();
    }

    private Completion[] CompletionsOf(ulong userData) => [.. _completions.Where(completion => completion.UserData == userData)];

    private static nint Address(byte[] pinned, int offset) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);
}
