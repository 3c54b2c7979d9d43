using System.Net;
using System.Runtime.InteropServices;
using Sockeye.Linux;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>The kernel of a simulated host: answers the calls of its engine by the simulated network.</summary>
/// <remarks>
/// A descriptor is the lowest number that is free, as in Linux, so that the number of a closed one is soon another file's. A call
/// on a descriptor that is not open, or not of its kind, ends the run: it is a mistake of the engine.
/// </remarks>
internal sealed class SimulatedKernel : SystemCalls
{
    private const int FirstDescriptor = 3;

    private readonly List<SimulatedFile?> _files = [];

    /// <summary>Memory that was mapped. It lives as long as this kernel.</summary>
    private readonly List<byte[]> _mapped = [];

    private readonly Interleaving _interleaving;

    public SimulatedKernel(HostStack host, Interleaving interleaving, KernelFaults faults)
    {
        (Host, _interleaving, Faults) = (host, interleaving, faults);
        Chance = new(host.Loop.Random);
    }

    public HostStack Host { get; }

    public KernelFaults Faults { get; }

    public Chance Chance { get; }

    /// <summary>The object that the engine waits for.</summary>
    public IWaitable? Waitable { get; private set; }

    /// <summary>The number of open descriptors of connections.</summary>
    public int SocketCount => _files.Count(file => file is SocketFile);

    /// <summary>Gives a connected socket a descriptor.</summary>
    public ConnectedSocket Open(TcpSocket tcp) => new()
    {
        Descriptor = Add(new SocketFile(tcp, Host, Chance, Faults)),
        Remote = ToNative(tcp.Remote),
        Local = ToNative(tcp.Local),
    };

    public EventFile GetEvent(int descriptor) => Get<EventFile>(descriptor)!;

    public override int Receive(int socket, nint buffer, int length)
    {
        _interleaving.Run();
        return Get<SocketFile>(socket)?.Receive(buffer, length) ?? -Errors.BadDescriptor;
    }

    public override int Send(int socket, nint buffer, int length)
    {
        _interleaving.Run();
        return Get<SocketFile>(socket)?.Send(KernelMemory.Copy(buffer, length)) ?? -Errors.BadDescriptor;
    }

    public override int SendMessage(int socket, nint header)
    {
        _interleaving.Run();
        return Get<SocketFile>(socket)?.Send(KernelMemory.CopyMessage(header)) ?? -Errors.BadDescriptor;
    }

    public override int Shutdown(int socket, int how)
    {
        _interleaving.Run();
        return Get<SocketFile>(socket)?.Shutdown(how) ?? -Errors.BadDescriptor;
    }

    public override int Disconnect(int socket) => throw new NotSupportedException("A simulated socket has one descriptor.");

    public override int Duplicate(int socket) =>
        Get<SocketFile>(socket) is { } file ? Add(file) : -Errors.BadDescriptor;

    public override int GetOption(int socket, int level, int option, Span<byte> value) =>
        Get<SocketFile>(socket)?.GetOption(level, option, value) ?? -Errors.BadDescriptor;

    public override int SetOption(int socket, int level, int option, ReadOnlySpan<byte> value)
    {
        if ((level, option) is not (Constants.LevelSocket, Constants.OptionLinger))
            return -Errors.Invalid;
        Get<SocketFile>(socket)?.ResetOnClose();
        return 0;
    }

    public override int Close(int descriptor)
    {
        _interleaving.Run();
        return CloseNumber(descriptor);
    }

    private int CloseNumber(int descriptor)
    {
        if (Get<SimulatedFile>(descriptor) is not { } file)
            return -Errors.BadDescriptor;
        _files[descriptor - FirstDescriptor] = null;
        file.Descriptors--;
        if (file.Descriptors > 0)
        {
            OnLeft(descriptor, (SocketFile)file);
            return 0;
        }

        if (file.Operations > 0)
            Fail($"descriptor {descriptor} is closed, and {file.Operations} operations of io_uring use it");
        foreach (var epoll in _files.OfType<EpollFile>())
            epoll.Remove(descriptor);
        file.Close();
        if (Faults.Mistake is Mistake.DescriptorClosedTwice && file is SocketFile)
            Host.Loop.Post(_ => CloseNumber(descriptor), null);
        return 0;
    }

    /// <summary>A descriptor was closed, and the socket has another one. epoll keeps the registration, epoll(7).</summary>
    private void OnLeft(int descriptor, SocketFile socket)
    {
        if (_files.OfType<EpollFile>().Any(epoll => epoll.Watches(descriptor)))
            Fail($"descriptor {descriptor} was closed, its socket is open, and epoll still reports its events");
        if (Faults.Mistake is Mistake.ReceivedAfterMove && socket.Tcp.Available > 0)
            socket.Tcp.Read(new byte[1]);
    }

    public override int CreateEvent(bool isBlocking) => Add(new EventFile());

    public override int WaitForEvent(int descriptor)
    {
        Get<EventFile>(descriptor)?.Take();
        return sizeof(long);
    }

    public override int SetEvent(int descriptor)
    {
        Get<EventFile>(descriptor)?.Add();
        return sizeof(long);
    }

    public override int CreateEpoll()
    {
        var epoll = new EpollFile(Chance, Faults);
        Waitable = epoll;
        return Add(epoll);
    }

    public override int ControlEpoll(int epoll, int operation, int descriptor, nint e)
    {
        _interleaving.Run();
        if (Get<EpollFile>(epoll) is not { } instance || Get<SimulatedFile>(descriptor) is not { } file)
            return -Errors.BadDescriptor;
        return operation == EpollInstance.ControlRemove
            ? instance.Remove(descriptor)
            : instance.Add(
                descriptor, file, (PollMask)Marshal.ReadInt32(e), Marshal.ReadInt64(e + EpollInstance.TokenOffset));
    }

    public override int WaitForEpoll(int epoll, nint events, int maxEvents, int timeout)
    {
        _interleaving.Run();
        return Get<EpollFile>(epoll)?.Wait(events, maxEvents) ?? -Errors.BadDescriptor;
    }

    public override int SetupRing(uint entries, nint parameters)
    {
        var ring = new RingFile(this, parameters, (int)entries);
        Waitable = ring;
        return Add(ring);
    }

    public override int EnterRing(int ring, uint submit, uint wait, uint flags, nint argument, nint size)
    {
        _interleaving.Run();
        return Get<RingFile>(ring)?.Enter((int)submit, wait > 0, (EnterFlags)flags) ?? -Errors.BadDescriptor;
    }

    public override int RegisterRing(int ring, uint code, nint argument, uint count) =>
        Get<RingFile>(ring)?.Register(ring, (RegisterCode)code, argument) ?? -Errors.BadDescriptor;

    public override nint MapRing(int ring, nint length, long offset, out int error)
    {
        error = 0;
        return Get<RingFile>(ring)!.Map(length, offset);
    }

    public override nint MapPages(nint length, out int error)
    {
        error = 0;
        var pages = GC.AllocateArray<byte>((int)length, pinned: true);
        _mapped.Add(pages);
        return Marshal.UnsafeAddrOfPinnedArrayElement(pages, 0);
    }

    public override int Unmap(nint address, nint length) => 0;

    /// <summary>Finds an open file, for an operation that a ring starts.</summary>
    public SimulatedFile? Find(int descriptor) => Get<SimulatedFile>(descriptor);

    private void Fail(string mistake) =>
        Host.Loop.Fail(new KernelMisuseException($"{Host.Name}: {mistake}:\n{Environment.StackTrace}"));

    private int Add(SimulatedFile file)
    {
        var free = _files.IndexOf(null);
        if (free < 0)
        {
            free = _files.Count;
            _files.Add(null);
        }

        _files[free] = file;
        file.Descriptors++;
        return free + FirstDescriptor;
    }

    /// <summary>Finds an open file. One that is not open, or of another kind, fails the run.</summary>
    private T? Get<T>(int descriptor)
        where T : SimulatedFile
    {
        var index = descriptor - FirstDescriptor;
        if (index >= 0 && index < _files.Count && _files[index] is T file)
            return file;
        Fail($"a call on descriptor {descriptor}, which is not an open {typeof(T).Name}");
        return null;
    }

    private static NativeAddress ToNative(IPEndPoint endpoint) => NativeAddress.Parse(endpoint.Serialize().Buffer.Span);
}

/// <summary>An engine made a call that it must not make.</summary>
internal sealed class KernelMisuseException(string message) : Exception(message);
