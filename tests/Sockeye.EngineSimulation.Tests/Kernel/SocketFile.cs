using System.Runtime.InteropServices;
using Sockeye.Linux;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>A connected socket of a simulated kernel, over a simulated TCP connection: its calls do not wait.</summary>
/// <remarks>
/// As in Linux, an error is reported once, by the first call that meets it; a writer is woken only after a send found too little
/// space, and when a third of it is free; and bytes that arrived before a reset are received before the error.
/// </remarks>
internal sealed class SocketFile : SimulatedFile
{
    private const double ForgottenEvent = 0.02;

    private readonly TcpSocket _tcp;
    private readonly HostStack _host;
    private readonly Chance _chance;
    private readonly KernelFaults _faults;
    private int _pendingError;
    private bool _hasSeenError;
    private bool _hasSeenFin;
    private int _seen;
    private int? _untilMark;
    private bool _isHeld;
    private int _paid;
    private bool _lacksSpace;
    private bool _isShort;
    private bool _resetsOnClose;
    private byte[] _unsent = [];

    public SocketFile(TcpSocket tcp, HostStack host, Chance chance, KernelFaults faults)
    {
        (_tcp, _host, _chance, _faults) = (tcp, host, chance, faults);
        tcp.Changed = OnChanged;
        OnChanged();
    }

    public TcpSocket Tcp => _tcp;

    /// <summary>Whether a call that sends would find space, or an error.</summary>
    public bool IsWritable => _tcp.IsClosed || _tcp.IsFinRequested || (!_isShort && _tcp.FreeSendSpace > 0);

    private bool IsReadable => !_isHeld && (_tcp.Available > 0 || _tcp.HasReceivedFin || _tcp.IsClosed);

    public override PollMask Poll()
    {
        var mask = PollMask.None;
        if (IsReadable)
            mask |= PollMask.In;
        if (_untilMark is not null)
            mask |= PollMask.Urgent;
        if (_tcp.IsClosed || _tcp.IsFinRequested || !_lacksSpace)
            mask |= PollMask.Out;
        if (_tcp.HasReceivedFin || _tcp.IsClosed)
            mask |= PollMask.PeerEnded;
        if (_pendingError != 0)
            mask |= PollMask.Error;
        if (_tcp.IsClosed || (_tcp.HasReceivedFin && _tcp.IsFinRequested))
            mask |= PollMask.HangUp;
        return mask;
    }

    public int Receive(nint buffer, int length)
    {
        if (_isHeld)
            return -Errors.Again;
        var count = Math.Min(Math.Min(length, _tcp.Available), _untilMark ?? int.MaxValue);
        if (count > 0)
        {
            if (MustPay(ref count))
                return -Errors.Again;
            var bytes = new byte[count];
            var taken = _tcp.Read(bytes);
            Marshal.Copy(bytes, 0, buffer, taken);
            _seen = _tcp.Available;
            _untilMark = _untilMark - taken is > 0 and var left ? left : null;
            return taken;
        }

        return TakeError() is not 0 and var error ? -error : _tcp.HasReceivedFin || _tcp.IsClosed ? 0 : -Errors.Again;
    }

    /// <summary>Sends what there is space for.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isWhole">Whether a shortage of memory must not make it less.</param>
    public int Send(byte[] bytes, bool isWhole = false)
    {
        if (TakeError() is not 0 and var error)
            return -error;
        if (_tcp.IsClosed || _tcp.IsFinRequested)
            return -Errors.BrokenPipe;
        var space = _isShort ? 0 : Math.Min(_tcp.FreeSendSpace, bytes.Length);
        if (!isWhole && space > 0 && _chance.Is(_faults.PartialSend))
            space = BeShort(space);
        if (space > 0)
            Write(bytes.AsMemory(0, space));
        _lacksSpace |= space < bytes.Length;
        return space > 0 ? space : -Errors.Again;
    }

    public int Shutdown(int how)
    {
        if (_tcp.IsClosed)
            return -Errors.NotConnected;
        if (!_tcp.IsFinRequested)
            _tcp.ShutdownSend();
        if (how == Constants.ShutdownBoth)
            throw new NotSupportedException("A simulated socket has one descriptor, so that close() ends it.");
        Wake();
        return 0;
    }

    public int GetOption(int level, int option, Span<byte> value)
    {
        if ((level, option) is (Constants.LevelSocket, Constants.OptionError))
        {
            BitConverter.TryWriteBytes(value, TakeError());
            return sizeof(int);
        }

        if (level == Constants.LevelSocket)
        {
            BitConverter.TryWriteBytes(value, option switch
            {
                Constants.OptionType => 1, // SOCK_STREAM
                Constants.OptionListening => 0,
                Constants.OptionDomain => Constants.FamilyIPv4,
                _ => throw new NotSupportedException($"A simulated socket has no option {option}."),
            });
            return sizeof(int);
        }

        if ((level, option) is not (Constants.LevelTcp, Constants.OptionTcpInfo))
            return -Errors.Invalid;
        SimulatedTcpInfo.Write(_tcp, value);
        return LinuxTcpInfo.Size;
    }

    public void ResetOnClose() => _resetsOnClose = true;

    public override void Close()
    {
        _tcp.Changed = null;
        _tcp.Close(_resetsOnClose);
    }

    private void Write(ReadOnlyMemory<byte> bytes)
    {
        if (_faults.Mistake is not Mistake.FinBeforeLastByte)
        {
            _tcp.Write(new(bytes));
            return;
        }

        // The engine has the last byte, and sends it in its next iteration.
        _tcp.Write(new(_unsent));
        _tcp.Write(new(bytes[..^1]));
        _unsent = bytes[^1..].ToArray();
        _host.Loop.Post(_ =>
        {
            if (!_tcp.IsFinRequested && !_tcp.IsClosed)
                _tcp.Write(new(_unsent));
            _unsent = [];
        }, null);
    }

    private int TakeError()
    {
        var error = _pendingError;
        _pendingError = 0;
        return error;
    }

    private void OnChanged()
    {
        var isNew = _tcp.Available > _seen || (_tcp.HasReceivedFin && !_hasSeenFin);
        if (_tcp.Available > _seen && _untilMark is null && _chance.Is(_faults.UrgentMark))
            _untilMark = _chance.Between(1, _tcp.Available + 1);
        (_seen, _hasSeenFin) = (_tcp.Available, _tcp.HasReceivedFin);
        if (_tcp.Error is { } error && !_hasSeenError)
        {
            // After FIN, a reset is reported as EPIPE.
            _pendingError = _tcp is { IsReset: true, HasReceivedFin: true } ? Errors.BrokenPipe : Errors.From(error);
            (_hasSeenError, isNew) = (true, true);
        }

        if (isNew && _chance.Is(_faults.LateArrival))
            Hold(_chance.Fraction() * TimeSpan.FromMilliseconds(1));
        var hasSpace = _lacksSpace && !_isShort && _tcp.FreeSendSpace >= _host.SendBufferSize / 3;
        _lacksSpace &= !hasSpace;
        if (_faults.Mistake is Mistake.ForgottenEvent && _chance.Is(ForgottenEvent))
            return;
        if (isNew || hasSpace || _tcp.IsClosed)
            Wake();
    }

    private void Hold(TimeSpan time)
    {
        if (_isHeld)
            return;
        _isHeld = true;
        _host.Loop.Timers.After(time, _ =>
        {
            _isHeld = false;
            Wake();
        }, null);
    }

    /// <summary>Delays a receive as the read rate of the host demands.</summary>
    private bool MustPay(ref int count)
    {
        if (_host.ReadRate is not { } rate)
            return false;
        if (_paid == 0)
        {
            _paid = count;
            Hold(TimeSpan.FromSeconds((double)count / rate));
            return true;
        }

        count = Math.Min(count, _paid);
        _paid -= count;
        return false;
    }

    private int BeShort(int space)
    {
        _isShort = true;
        _host.Loop.Timers.After(_chance.Fraction() * TimeSpan.FromMilliseconds(1), _ =>
        {
            (_isShort, _lacksSpace) = (false, false);
            Wake();
        }, null);
        return _chance.Between(0, space);
    }
}
