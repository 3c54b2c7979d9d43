using Sockeye.Linux;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>Completes at each event of a file.</summary>
internal sealed class PollOperation : Operation
{
    private readonly PollMask _events;
    private readonly bool _isMultishot;
    private bool _isDue;

    public PollOperation(RingFile ring, SimulatedFile file, ReadOnlySpan<byte> entry) : base(ring, file, entry)
    {
        _events = (PollMask)BitConverter.ToUInt32(entry[28..]) | PollMask.Always;
        _isMultishot = (BitConverter.ToInt32(entry[24..]) & 1) != 0;
        _isDue = (file.Poll() & _events) != 0;
    }

    public override bool CanContinue => _isDue;

    public override void Continue()
    {
        _isDue = false;
        Complete((int)(File.Poll() & _events), buffer: null, hasMore: _isMultishot);
    }

    protected override void OnWoken()
    {
        _isDue |= (File.Poll() & _events) != 0;
        base.OnWoken();
    }
}

/// <summary>Receives into buffers of a group: once, or until the end, a limit, or the lack of a buffer.</summary>
internal sealed class ReceiveOperation(RingFile ring, SocketFile socket, ReadOnlySpan<byte> entry)
    : Operation(ring, socket, entry)
{
    private const int Multishot = 1 << 1;

    private readonly bool _isMultishot = (BitConverter.ToInt16(entry[2..]) & Multishot) != 0;
    private readonly int _group = BitConverter.ToInt16(entry[40..]);
    private readonly int _limit = BitConverter.ToInt32(entry[44..]);
    private int _total;

    public override bool CanContinue => (socket.Poll() & PollMask.In) != 0;

    public override void Continue()
    {
        if (Ring.FindGroup(_group) is not { HasAny: true } buffers)
        {
            Complete(-Errors.NoBuffers);
            return;
        }

        var (address, length, id) = buffers.Peek();
        var received = socket.Receive(address, length);
        if (received is -Errors.Again)
            return;
        if (received <= 0)
        {
            Complete(received);
            return;
        }

        if (Ring.Kernel.Faults.Mistake is not Mistake.BufferReleasedTwice || Ring.Kernel.Chance.Is(0.9))
            buffers.Take();
        _total += received;
        Complete(received, id, hasMore: _isMultishot && (_limit == 0 || _total < _limit));
    }
}

/// <summary>Sends all bytes, unless an error or a cancel comes first.</summary>
internal sealed class SendOperation : Operation
{
    private readonly SocketFile _socket;
    private readonly List<IoVector> _vectors;
    private int _sent;
    private bool _isTried;

    public SendOperation(RingFile ring, SocketFile socket, ReadOnlySpan<byte> entry) : base(ring, socket, entry)
    {
        _socket = socket;
        var address = (nint)BitConverter.ToInt64(entry[16..]);
        _vectors = (Opcode)entry[0] is Opcode.SendMessage
            ? KernelMemory.GetVectors(address)
            : [new() { Address = address, Length = BitConverter.ToInt32(entry[24..]) }];
    }

    /// <remarks>The first attempt, which may find no space, makes the socket wake writers.</remarks>
    public override bool CanContinue => !_isTried || _socket.IsWritable;

    public override void Continue()
    {
        _isTried = true;
        var sent = _socket.Send(CopyNext());
        if (sent is -Errors.Again)
            return;
        if (sent < 0)
        {
            Complete(_sent > 0 ? _sent : sent);
            return;
        }

        _sent += sent;
        if (_sent == _vectors.Sum(vector => (int)vector.Length))
            Complete(_sent);
    }

    public override void Cancel()
    {
        var result = _sent > 0 ? _sent : -Errors.Cancelled;
        if (Ring.Kernel.Faults.Mistake is Mistake.CancelledSendTakenForUnsent)
            _socket.Send(CopyNext(), isWhole: true);
        Complete(result);
    }

    /// <summary>Copies the bytes that come next, as many as may find space and one more. The kernel, too, reads the memory of a
    /// send when it sends.</summary>
    private byte[] CopyNext()
    {
        var (skipped, left, bytes) = (_sent, _socket.Tcp.FreeSendSpace + 1, new List<byte[]>());
        foreach (var vector in _vectors)
        {
            var count = Math.Min((int)vector.Length - skipped, left);
            if (count > 0)
                bytes.Add(KernelMemory.Copy(vector.Address + skipped, count));
            skipped = Math.Max(0, skipped - (int)vector.Length);
            left -= Math.Max(count, 0);
        }

        return [.. bytes.SelectMany(part => part)];
    }
}

/// <summary>Cancels all other operations on a file.</summary>
internal sealed class CancelOperation(RingFile ring, SimulatedFile file, ReadOnlySpan<byte> entry) : Operation(ring, file, entry)
{
    public override bool CanContinue => true;

    public override void Continue()
    {
        var others = Ring.OperationsOn(File).Where(operation => operation != this).ToList();
        foreach (var other in others)
        {
            if (Ring.Kernel.Faults.Mistake is Mistake.CompletionAfterClose)
                other.PretendToEnd();
            else
                other.Cancel();
        }

        Complete(others.Count > 0 ? others.Count : -Errors.NoEntry);
    }
}
