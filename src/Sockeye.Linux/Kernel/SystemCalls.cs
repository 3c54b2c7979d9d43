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
}
