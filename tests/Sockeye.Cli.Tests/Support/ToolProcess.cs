using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Threading.Channels;

namespace Sockeye.Cli.Tests.Support;

/// <summary>The tool as a process. Every wait is bounded. The end of a test kills a process that still runs.</summary>
public sealed class ToolProcess : IAsyncDisposable
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    private const string Listening = "listening on ";

    private readonly Process _process;
    private readonly Channel<string> _errorLines = Channel.CreateUnbounded<string>();
    private readonly List<string> _seen = [];
    private readonly Task _reading;

    private ToolProcess(Process process)
    {
        _process = process;
        _reading = ReadErrorsAsync();
    }

    public int Id => _process.Id;

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    public bool HasExited => _process.HasExited;

    /// <summary>The lines of standard error that have been waited for or read so far.</summary>
    public IReadOnlyList<string> SeenErrors => _seen;

    /// <summary>The endpoints of the first "listening on" lines.</summary>
    public IReadOnlyList<string> EndPoints { get; private set; } = [];

    /// <summary>The line after them.</summary>
    public string Engine { get; private set; } = "";

    public IPEndPoint EndPoint => IPEndPoint.Parse(EndPoints[0]);

    public int Port => EndPoint.Port;

    public static string Dll => Path.Combine(AppContext.BaseDirectory, "Sockeye.Cli.dll");

    // The program and its first arguments. SOCKEYE_TOOL names another build of the tool, such as the native one.
    public static string[] Command { get; } =
        Environment.GetEnvironmentVariable("SOCKEYE_TOOL") is { Length: > 0 } tool ? [tool]
            : OperatingSystem.IsWindows() ? [Path.ChangeExtension(Dll, ".exe")]
            : ["dotnet", Dll];

    public static ToolProcess Start(params string[] arguments) => StartProgram([.. Command, .. arguments]);

    /// <summary>Runs the tool under a shell command, as <c>ulimit -n 100; exec "$0" "$@"</c>.</summary>
    public static ToolProcess StartUnder(string shell, params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The command is written for a shell of Unix.");
        return StartProgram(["/bin/bash", "-c", shell, .. Command, .. arguments]);
    }

    /// <summary>Starts <c>sockeye listen</c> and waits until it listens on 127.0.0.1 (or on other given endpoints).</summary>
    public static Task<ToolProcess> ListenAsync(params string[] options) => ListenOnAsync(["127.0.0.1:0"], options);

    public static Task<ToolProcess> ListenOnAsync(string[] endpoints, params string[] options) =>
        ReadyAsync(Start(["listen", .. endpoints, .. options]), endpoints.Sum(e => IsLocalhost(e) ? 2 : 1));

    public static async Task<ToolProcess> ReadyAsync(ToolProcess process, int endpoints = 1)
    {
        List<string> bound = [];
        while (bound.Count < endpoints)
        {
            var line = await process.NextErrorAsync();
            Assert.StartsWith(Listening, line, StringComparison.Ordinal);
            bound.Add(line[Listening.Length..]);
        }

        process.EndPoints = bound;
        process.Engine = await process.NextErrorAsync();
        Assert.StartsWith("engine: ", process.Engine, StringComparison.Ordinal);
        return process;
    }

    /// <summary>Runs the program to its end, with this as standard input.</summary>
    public static async Task<ToolResult> RunAsync(string[] arguments, byte[]? input = null)
    {
        await using var process = Start(arguments);
        var output = process.ReadOutputAsync();
        await process.WriteInputAsync(input ?? []);
        return new(await process.ExitAsync(), await output, process._seen);
    }

    public async Task WriteInputAsync(byte[] input)
    {
        try
        {
            await Input.WriteAsync(input);
            Input.Close();
        }
        catch (IOException)
        {
            // The tool has ended without reading all of its input, which some tests are about.
        }
    }

    public async Task<byte[]> ReadOutputAsync()
    {
        using var bytes = new MemoryStream();
        await Output.CopyToAsync(bytes).WaitAsync(DefaultTimeout);
        return bytes.ToArray();
    }

    public async Task<string> NextErrorAsync()
    {
        using var timeout = new CancellationTokenSource(DefaultTimeout, TimeProvider.System);
        try
        {
            var line = await _errorLines.Reader.ReadAsync(timeout.Token);
            _seen.Add(line);
            return line;
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new InvalidOperationException(
                $"No further line came on standard error. Those before:\n{string.Join('\n', _seen)}", e);
        }
    }

    public async Task<string> WaitForErrorAsync(string text)
    {
        while (true)
        {
            var line = await NextErrorAsync();
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }
    }

    /// <summary>Waits for the end of the process and reads the rest of its output.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(DefaultTimeout);
        await _reading.WaitAsync(DefaultTimeout);
        while (_errorLines.Reader.TryRead(out var line))
            _seen.Add(line);
        return _process.ExitCode;
    }

    /// <summary>Sends SIGTERM, and returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await ExitAsync();
    }

    /// <summary>Sends a signal. On Windows, each that a program can handle is a Ctrl+C.</summary>
    public async Task SignalAsync(string signal)
    {
        if (OperatingSystem.IsWindows())
        {
            if (signal is "KILL")
                _process.Kill();
            else
                await PressCtrlCAsync();
            return;
        }

        using var kill = Process.Start("kill", ["-" + signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: !OperatingSystem.IsWindows()); // Wine reports invalid start times of processes.
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static bool IsLocalhost(string endpoint) => !endpoint.Contains(':', StringComparison.Ordinal);

    private static ToolProcess StartProgram(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            CreateNoWindow = true, // On Windows, a console of its own, so that a Ctrl+C reaches no other process.
        };
        return new(Process.Start(start)!);
    }

    private async Task PressCtrlCAsync()
    {
        using var press = Process.Start(new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "Sockeye.CtrlC.exe"), [Id.ToString(CultureInfo.InvariantCulture)])
        {
            CreateNoWindow = true,
        })!;
        await press.WaitForExitAsync().WaitAsync(DefaultTimeout);
        Assert.Equal(0, press.ExitCode);
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
            _errorLines.Writer.TryWrite(line);
        _errorLines.Writer.Complete();
    }
}

/// <summary>The result of a run of the tool.</summary>
public sealed record ToolResult(int ExitCode, byte[] Output, IReadOnlyList<string> Errors)
{
    public string Text => Encoding.UTF8.GetString(Output);
}
