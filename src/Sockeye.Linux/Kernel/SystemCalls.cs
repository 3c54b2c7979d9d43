namespace Sockeye.Linux;

/// <summary>The system calls by which an engine thread serves its connections (man section 2).</summary>
/// <remarks>
/// The system answers them in production (<see cref="Kernel"/>), and a simulated network in a simulation. A call that fails
/// returns a negative errno. Addresses are numbers, so that a replacement needs no unsafe code. The caller owns each descriptor,
/// and must not close it during a call; memory at an address is the caller's, and valid until the call returns.
/// </remarks>
internal abstract class SystemCalls
{
    /// <summary>The calls of this system.</summary>
    public static SystemCalls Kernel { get; } = new KernelCalls();

    /// <summary>Receives without blocking. Returns the number of bytes; 0 means FIN.</summary>
    public abstract int Receive(int socket, nint buffer, int length);

    /// <summary>Sends without blocking, and without a signal. Returns the number of bytes.</summary>
    public abstract int Send(int socket, nint buffer, int length);

    /// <summary>Sends the parts of a <see cref="MessageHeader"/> as <see cref="Send"/> does.</summary>
    public abstract int SendMessage(int socket, nint header);

    public abstract int Shutdown(int socket, int how);

    /// <summary>Disconnects a socket, which sends RST.</summary>
    public abstract int Disconnect(int socket);

    /// <summary>Creates a second descriptor of the same socket, closed on exec.</summary>
    public abstract int Duplicate(int socket);

    /// <summary>Returns the number of bytes of the option that were filled.</summary>
    public abstract int GetOption(int socket, int level, int option, Span<byte> value);

    public abstract int SetOption(int socket, int level, int option, ReadOnlySpan<byte> value);

    public abstract int Close(int descriptor);

    /// <summary>Creates a counter on which a thread can wait, eventfd(2).</summary>
    public abstract int CreateEvent(bool isBlocking);

    /// <summary>Waits until the counter is not 0, and sets it to 0. A signal may also end the wait.</summary>
    public abstract int WaitForEvent(int descriptor);

    /// <summary>Adds 1 to the counter.</summary>
    public abstract int SetEvent(int descriptor);

    public abstract int CreateEpoll();

    public abstract int ControlEpoll(int epoll, int operation, int descriptor, nint e);

    public abstract int WaitForEpoll(int epoll, nint events, int maxEvents, int timeout);

    /// <summary>io_uring_setup(2).</summary>
    public abstract int SetupRing(uint entries, nint parameters);

    /// <summary>io_uring_enter(2).</summary>
    public abstract int EnterRing(int ring, uint submit, uint wait, uint flags, nint argument, nint size);

    /// <summary>io_uring_register(2).</summary>
    public abstract int RegisterRing(int ring, uint code, nint argument, uint count);

    /// <summary>Maps memory that is shared with the ring (mmap(2)). An error is positive.</summary>
    public abstract nint MapRing(int ring, nint length, long offset, out int error);

    /// <summary>Maps new private pages, which are zeroed (mmap(2)). An error is positive.</summary>
    public abstract nint MapPages(nint length, out int error);

    /// <summary>munmap(2).</summary>
    public abstract int Unmap(nint address, nint length);
}
