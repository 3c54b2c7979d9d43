using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Sockeye;

/// <summary>Sends the state of this process to systemd: sd_notify(3).</summary>
/// <remarks>
/// Each method sends one datagram to the socket of <c>NOTIFY_SOCKET</c>, whose name may be abstract ("@"). It does not wait. It
/// returns false if systemd does not take it; the service continues without. Safe for use from any thread. The unit needs
/// <c>Type=notify</c> or <c>notify-reload</c>.
/// </remarks>
public sealed class SystemdNotifier : IDisposable
{
    /// <summary>The maximum length of a name in the descriptor store: <c>FDNAME</c>.</summary>
    public const int MaxNameLength = 255;

    private const string Variable = "NOTIFY_SOCKET";
    private const string StoreVariable = "FDSTORE";

    // AF_UNIX datagrams of systemd are at most a page, and a status line should be far shorter.
    private const int MaxStatusLength = 1024;

    // The system does not report when a datagram with descriptors can be sent.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(2);

    private readonly Socket _socket;
    private readonly UnixDomainSocketEndPoint _manager;

    private SystemdNotifier(string path, TimeSpan? watchdogTimeout, int? maxStored)
    {
        _manager = new(path[0] == '@' ? string.Concat("\0", path.AsSpan(1)) : path);
        _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        (WatchdogTimeout, MaxStored) = (watchdogTimeout, maxStored);
    }

    /// <summary>Gets the time within which systemd expects <see cref="Watchdog"/> (<c>WatchdogSec=</c>). Null if it does not.
    /// </summary>
    public TimeSpan? WatchdogTimeout { get; }

    /// <summary>Gets the maximum number of descriptors in the store (<c>FileDescriptorStoreMax=</c>), which systemd reports from
    /// version 254 on (<c>FDSTORE</c>). Null if it reports none.</summary>
    public int? MaxStored { get; }

    /// <summary>Creates a notifier. Null if this process is not a service that notifies, or the system is not Linux.</summary>
    /// <exception cref="InvalidOperationException"><c>NOTIFY_SOCKET</c>, <c>WATCHDOG_USEC</c> or <c>FDSTORE</c> is
    /// invalid.</exception>
    public static SystemdNotifier? FromEnvironment() =>
        OperatingSystem.IsLinux() ? Create(Environment.GetEnvironmentVariable, Environment.ProcessId) : null;

    /// <summary>The service has started: it listens.</summary>
    public bool Ready() => Send("READY=1");

    /// <summary>The service reloads its configuration, until <see cref="Ready"/> (<c>Type=notify-reload</c>).</summary>
    /// <remarks>The message has the time of the monotonic clock, by which systemd knows the reload.</remarks>
    public bool Reloading()
    {
        var microseconds = TimeProvider.System.GetTimestamp() / (TimeProvider.System.TimestampFrequency / 1_000_000);
        return Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={microseconds}"));
    }

    /// <summary>The service stops.</summary>
    public bool Stopping() => Send("STOPPING=1");

    /// <summary>Sets the line that <c>systemctl status</c> shows.</summary>
    /// <param name="text">The line. Control characters are escaped, and it is cut at 1,024 characters.</param>
    public bool Status(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = PrintableText.Escape(text);
        return Send("STATUS=" + (text.Length > MaxStatusLength ? text[..MaxStatusLength] : text));
    }

    /// <summary>The service is alive. systemd restarts one that does not send it within <see cref="WatchdogTimeout"/>.</summary>
    public bool Watchdog() => Send("WATCHDOG=1");

    /// <summary>Asks for more time to start or to stop, from now on. Send it again before that time is over.</summary>
    /// <param name="time">The time, which overrides the timeouts of the unit if it ends later. Range: above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive.</exception>
    public bool ExtendTimeout(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        return Send(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)time.TotalMicroseconds}"));
    }

    /// <summary>Another process is the main one of the service from now on, after a takeover. systemd accepts it if it belongs to
    /// the service (its control group).</summary>
    /// <param name="processId">The id of the process.</param>
    public bool MainProcess(int processId) => Send(string.Create(CultureInfo.InvariantCulture, $"MAINPID={processId}"));

    /// <summary>Stores descriptors at systemd, which passes them to the next process of the service
    /// (<c>FileDescriptorStoreMax=</c>). It ignores those that it has.</summary>
    /// <param name="name">The name, which <see cref="SystemdSocket.Name"/> returns: 1 to 255 printable characters of ASCII except
    /// ":".</param>
    /// <param name="descriptors">The descriptors. The caller keeps them.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public bool Store(string name, IReadOnlyList<SafeHandle> descriptors)
    {
        ThrowIfInvalid(name);
        ArgumentNullException.ThrowIfNull(descriptors);
        var all = true;
        foreach (var chunk in descriptors.Chunk(DescriptorMessage.MaxDescriptors))
            all &= Send($"FDSTORE=1\nFDNAME={name}", chunk);
        return all;
    }

    /// <summary>Removes all descriptors of a name from the store of systemd, which closes its own.</summary>
    /// <inheritdoc cref="Store" path="/exception"/>
    /// <param name="name">The name.</param>
    public bool Remove(string name)
    {
        ThrowIfInvalid(name);
        return Send($"FDSTOREREMOVE=1\nFDNAME={name}");
    }

    /// <summary>Waits until systemd has processed the messages that were sent before (<c>BARRIER=1</c>): what they store is in
    /// its store, and what they remove is not. It does not say whether systemd has taken everything; a store that is full does
    /// not.</summary>
    /// <param name="timeout">The maximum time. Range: above 0.</param>
    /// <param name="time">The clock. Default: null, that of the system.</param>
    /// <returns>False if systemd has not come to it in time or is not there, or no descriptor is left.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is not positive.</exception>
    public async Task<bool> BarrierAsync(TimeSpan timeout, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        using var deadline = new CancellationTokenSource(timeout, time ?? TimeProvider.System);
        try
        {
            var (own, given) = NativeDescriptor.CreatePair();
            using (own)
            {
                bool isSent;
                using (given)
                    isSent = await SendSurelyAsync("BARRIER=1", [given.SafeHandle], time, deadline.Token);
                // systemd closes its descriptor, then the last one, when it comes to the message.
                return isSent && await own.ReceiveAsync(new byte[1], deadline.Token) == 0;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return false; // The time is over, or no descriptor is left.
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => _socket.Dispose();

    /// <summary>Stores descriptors, at most <see cref="DescriptorMessage.MaxDescriptors"/>, and waits while the queue of systemd
    /// is full.</summary>
    internal Task<bool> StoreSurelyAsync(
        string name, IReadOnlyList<SafeHandle> descriptors, TimeProvider time, CancellationToken deadline) =>
        SendSurelyAsync($"FDSTORE=1\nFDNAME={name}", descriptors, time, deadline);

    /// <inheritdoc cref="Remove"/>
    /// <remarks>Waits while the queue of systemd is full.</remarks>
    internal Task<bool> RemoveSurelyAsync(string name, TimeProvider time, CancellationToken deadline) =>
        SendSurelyAsync($"FDSTOREREMOVE=1\nFDNAME={name}", [], time, deadline);

    /// <param name="get">Returns a variable.</param>
    /// <param name="processId">The id of this process.</param>
    internal static SystemdNotifier? Create(Func<string, string?> get, int processId)
    {
        if (get(Variable) is not { Length: > 0 } path)
            return null;
        if (path[0] is not ('/' or '@') || path.Length == 1)
        {
            throw new InvalidOperationException(
                $"{Variable} is \"{PrintableText.Escape(path)}\", which is neither a path nor an abstract name (\"@…\").");
        }

        return new(path, ReadWatchdog(get, processId), ReadMaxStored(get));
    }

    private static TimeSpan? ReadWatchdog(Func<string, string?> get, int processId)
    {
        if (get("WATCHDOG_USEC") is not { Length: > 0 } text)
            return null;
        if (get("WATCHDOG_PID") is { Length: > 0 } process && process != processId.ToString(CultureInfo.InvariantCulture))
            return null; // For another process.
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : throw new InvalidOperationException(
                $"WATCHDOG_USEC is \"{PrintableText.Escape(text)}\", which is not a number of microseconds.");
    }

    private static int? ReadMaxStored(Func<string, string?> get)
    {
        if (get(StoreVariable) is not { Length: > 0 } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var max)
            ? max
            : throw new InvalidOperationException(
                $"{StoreVariable} is \"{PrintableText.Escape(text)}\", which is not a number of descriptors.");
    }

    private static void ThrowIfInvalid(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > MaxNameLength || name.Any(c => c is <= ' ' or > '~' or ':'))
        {
            throw new ArgumentException(
                $"\"{PrintableText.Escape(name)}\" is not a name of the descriptor store: it has 1 to {MaxNameLength} printable "
                    + "characters of ASCII except \":\".", nameof(name));
        }
    }

    private bool Send(string state, params IReadOnlyList<SafeHandle> descriptors) =>
        TrySend(state, descriptors) is SocketError.Success; // The service continues without.

    private async Task<bool> SendSurelyAsync(
        string state, IReadOnlyList<SafeHandle> descriptors, TimeProvider? time, CancellationToken deadline)
    {
        SocketError result;
        while ((result = TrySend(state, descriptors)) is SocketError.WouldBlock && !deadline.IsCancellationRequested)
            await Task.Delay(RetryDelay, time ?? TimeProvider.System, deadline).WithoutThrowing();
        return result is SocketError.Success;
    }

    /// <summary>Sends a datagram. <see cref="SocketError.WouldBlock"/>: the queue of systemd is full.</summary>
    private SocketError TrySend(string state, IReadOnlyList<SafeHandle> descriptors)
    {
        try
        {
            DescriptorMessage.Send(_socket, Encoding.UTF8.GetBytes(state), descriptors, _manager);
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode; // systemd does not listen, or its queue is full.
        }
    }
}
