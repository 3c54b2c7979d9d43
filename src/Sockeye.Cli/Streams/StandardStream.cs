using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>
/// One of the three standard streams of a process. It may be a file, a pipe, a terminal or a socket, blocking or not, closed, or
/// open in the wrong direction.
/// </summary>
internal sealed class StandardStream
{
    // Holds the numbers of closed streams, so that sockets do not get them.
    private static readonly List<IDisposable> Placeholders = [];

    private readonly int _descriptor;
    private readonly Stream? _windows;

    private StandardStream(int descriptor, string name)
    {
        (_descriptor, Name) = (descriptor, name);
        if (!OperatingSystem.IsWindows())
        {
            IsOpen = Descriptors.IsInherited(descriptor);
            return;
        }

        IsOpen = true;
        _windows = descriptor switch
        {
            0 => Console.OpenStandardInput(),
            1 => Console.OpenStandardOutput(),
            _ => Console.OpenStandardError(),
        };
    }

    public static StandardStream Input { get; } = new(0, "standard input");

    public static StandardStream Output { get; } = new(1, "standard output");

    public static StandardStream Error { get; } = new(2, "standard error");

    public string Name { get; }

    /// <summary>Whether the stream was open when the process started, without <c>&lt;&amp;-</c> or <c>&gt;&amp;-</c>.</summary>
    public bool IsOpen { get; }

    /// <summary>Whether a read would return at once; true if the system cannot report it.</summary>
    public bool HasInput => _windows is not null || !IsOpen || Descriptors.HasInput(_descriptor);

    /// <summary>Keeps the numbers of closed streams from being reused. Call it before anything is opened.</summary>
    public static void KeepNumbers()
    {
        if (OperatingSystem.IsWindows())
            return;
        foreach (var stream in (StandardStream[])[Input, Output, Error])
        {
            // The system assigns the lowest free number.
            if (!stream.IsOpen && Descriptors.IsFree(stream._descriptor))
                Placeholders.Add(OpenPlaceholder());
        }
    }

    private static IDisposable OpenPlaceholder()
    {
        try
        {
            return File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return new Socket(SocketType.Stream, ProtocolType.Tcp); // A root folder of its own without /dev, or a sandbox.
        }
    }

    /// <summary>Waits for bytes, and returns their number; 0 at the end. A closed stream is at its end.</summary>
    /// <exception cref="StandardStreamException">The stream cannot be read.</exception>
    public int Read(Span<byte> buffer)
    {
        if (!IsOpen)
            return 0;
        if (_windows is not null)
            return _windows.Read(buffer);
        var count = Descriptors.Read(_descriptor, buffer);
        return count >= 0 ? count : throw Failure("read", -count);
    }

    /// <summary>Writes everything, even if the reader is slow.</summary>
    /// <exception cref="StandardStreamException">The stream cannot be written to.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (!IsOpen)
            throw new StandardStreamException($"cannot write {Name}: it is closed");
        if (_windows is not null)
        {
            _windows.Write(bytes);
            _windows.Flush();
        }
        else if (Descriptors.Write(_descriptor, bytes) is not 0 and var error)
        {
            throw Failure("write", error);
        }
    }

    private StandardStreamException Failure(string action, int error)
    {
        var reason = error != Descriptors.BadDescriptor ? Descriptors.Describe(error)
            : Descriptors.IsWriteOnly(_descriptor) ? "it is open for writing only"
            : "it is open for reading only";
        return new($"cannot {action} {Name}: {reason}") { IsReaderGone = error == Descriptors.BrokenPipe };
    }
}

/// <summary>A standard stream cannot be read or written to; the message is a sentence without a full stop.</summary>
internal sealed class StandardStreamException(string message) : IOException(message)
{
    /// <summary>Whether the other end of the pipe is closed, as after <c>| head -1</c>. That is not a failure: the rest is not
    /// needed.</summary>
    public bool IsReaderGone { get; init; }
}
