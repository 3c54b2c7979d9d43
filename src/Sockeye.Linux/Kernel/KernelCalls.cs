namespace Sockeye.Linux;

/// <summary>The calls of this system, by the C library.</summary>
internal sealed unsafe class KernelCalls : SystemCalls
{
    private const int EpollCloseOnExec = 0x80000; // EPOLL_CLOEXEC

    // The numbers of the system calls are the same on every architecture that .NET supports.
    private const int RingSetup = 425;
    private const int RingEnter = 426;
    private const int RingRegister = 427;

    private const int ReadWrite = 1 | 2; // PROT_READ | PROT_WRITE
    private const int MapShared = 0x1;
    private const int MapPrivate = 0x2;
    private const int MapAnonymous = 0x20;
    private const int MapPopulate = 0x8000;

    /// <summary>
    /// The flags keep calls from blocking, even if a handler makes the socket blocking through its duplicate of the descriptor.
    /// </summary>
    private const int SendFlags = Constants.MessageNoSignal | Constants.MessageDoNotWait;

    public override int Receive(int socket, nint buffer, int length) =>
        ToResult((int)Libc.Receive(socket, (byte*)buffer, length, Constants.MessageDoNotWait));

    public override int Send(int socket, nint buffer, int length) =>
        ToResult((int)Libc.Send(socket, (byte*)buffer, length, SendFlags));

    public override int SendMessage(int socket, nint header) =>
        ToResult((int)Libc.SendMessage(socket, (MessageHeader*)header, SendFlags));

    public override int Shutdown(int socket, int how) => ToResult(Libc.Shutdown(socket, how));

    public override int Disconnect(int socket)
    {
        // Connecting to AF_UNSPEC disconnects the socket, connect(2).
        const int Size = sizeof(long) * 2;
        var unspecified = stackalloc byte[Size];
        new Span<byte>(unspecified, Size).Clear();
        return ToResult(Libc.Connect(socket, unspecified, Size));
    }

    public override int Duplicate(int socket) => ToResult(Libc.Control(socket, Constants.DuplicateCloseOnExec, 0));

    public override int GetOption(int socket, int level, int option, Span<byte> value)
    {
        var length = value.Length;
        fixed (byte* bytes = value)
        {
            var result = ToResult(Libc.GetOption(socket, level, option, bytes, &length));
            return result < 0 ? result : length;
        }
    }

    public override int SetOption(int socket, int level, int option, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value)
            return ToResult(Libc.SetOption(socket, level, option, bytes, value.Length));
    }

    public override int Close(int descriptor) => ToResult(Libc.Close(descriptor));

    public override int CreateEvent(bool isBlocking) => ToResult(
        Libc.EventDescriptor(0, Constants.EventCloseOnExec | (isBlocking ? 0 : Constants.EventNonBlocking)));

    public override int WaitForEvent(int descriptor)
    {
        ulong count;
        return ToResult((int)Libc.Read(descriptor, (byte*)&count, sizeof(ulong)));
    }

    public override int SetEvent(int descriptor)
    {
        ulong one = 1;
        return ToResult((int)Libc.Write(descriptor, (byte*)&one, sizeof(ulong)));
    }

    public override int CreateEpoll() => ToResult(Libc.EpollCreate(EpollCloseOnExec));

    public override int ControlEpoll(int epoll, int operation, int descriptor, nint e) =>
        ToResult(Libc.EpollControl(epoll, operation, descriptor, (byte*)e));

    public override int WaitForEpoll(int epoll, nint events, int maxEvents, int timeout) =>
        ToResult(Libc.EpollWait(epoll, (byte*)events, maxEvents, timeout));

    public override int SetupRing(uint entries, nint parameters) =>
        ToResult((int)Libc.SystemCall(RingSetup, (nint)entries, parameters, 0, 0, 0, 0));

    public override int EnterRing(int ring, uint submit, uint wait, uint flags, nint argument, nint size) =>
        ToResult((int)Libc.SystemCall(RingEnter, ring, (nint)submit, (nint)wait, (nint)flags, argument, size));

    public override int RegisterRing(int ring, uint code, nint argument, uint count) =>
        ToResult((int)Libc.SystemCall(RingRegister, ring, (nint)code, argument, (nint)count, 0, 0));

    /// <remarks>With <c>MAP_POPULATE</c>, because every page is used at once.</remarks>
    /// <inheritdoc/>
    public override nint MapRing(int ring, nint length, long offset, out int error) =>
        Map(length, MapShared | MapPopulate, ring, offset, out error);

    public override nint MapPages(nint length, out int error) => Map(length, MapPrivate | MapAnonymous, -1, 0, out error);

    public override int Unmap(nint address, nint length) => ToResult(Libc.Unmap(address, length));

    private static nint Map(nint length, int flags, int descriptor, long offset, out int error)
    {
        var address = Libc.Map(0, length, ReadWrite, flags, descriptor, (nint)offset);
        error = address == -1 ? (int)Libc.LastError : 0;
        return error == 0 ? address : 0;
    }

    private static int ToResult(int result) => result >= 0 ? result : -(int)Libc.LastError;
}
