using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Contestants;

/// <summary>A server at work: a child process on the processor for servers, which ends when its standard input does.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromMilliseconds(500);

    private readonly Process _process;
    private readonly Contestant _contestant;
    private string? _lastError;

    private ServerProcess(Process process, Contestant contestant)
    {
        _process = process;
        _contestant = contestant;
        process.ErrorDataReceived += (_, line) => _lastError = string.IsNullOrWhiteSpace(line.Data) ? _lastError : line.Data;
        process.BeginErrorReadLine();
    }

    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    public int Id => _process.Id;

    /// <summary>What it said last, if it has ended; null while it lives.</summary>
    public string? ExitDescription => _process.HasExited
        ? $"the server ended with exit code {_process.ExitCode}{(_lastError is null ? "" : $": {_lastError}")}"
        : null;

    /// <exception cref="UnavailableException">It says that it cannot run here, or does not start.</exception>
    public static async Task<ServerProcess> StartAsync(
        Contestant contestant, ServerMode mode, int processor, CancellationToken cancellationToken)
    {
        string[] pinned = ["-c", processor.ToString(CultureInfo.InvariantCulture), .. contestant.GetCommand(mode)];
        var start = new ProcessStartInfo("taskset", pinned)
        {
            WorkingDirectory = contestant.Peer is { } peer ? PeerBuilder.GetFolder(peer) : "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Environments.Set(start.Environment, contestant.InlineCompletions);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new UnavailableException($"taskset: {e.Message}");
        }

        var server = new ServerProcess(process, contestant);
        try
        {
            var answer = await server.ReadAsync(ServeCommand.Port, StartTimeout, cancellationToken);
            server.EndPoint.Port = int.Parse(answer, CultureInfo.InvariantCulture);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Processor time it has used.</summary>
    public TimeSpan ProcessorTime() => CpuClock.Read(Id);

    /// <summary>The number of bytes that it has allocated; null if they are not counted.</summary>
    public async Task<long?> AllocatedAsync(CancellationToken cancellationToken)
    {
        if (!_contestant.IsDotNet)
            return null;
        await _process.StandardInput.WriteLineAsync(ServeCommand.Allocated.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return long.Parse(
            await ReadAsync(ServeCommand.Allocated, AnswerTimeout, cancellationToken), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var timeout = new CancellationTokenSource(ExitTimeout, TimeProvider.System);
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private async Task<string> ReadAsync(string word, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(longest, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(both.Token) is { } line)
            {
                if (line.StartsWith(word, StringComparison.Ordinal))
                    return line[word.Length..].Trim();
                if (line.StartsWith(ServeCommand.Unavailable, StringComparison.Ordinal))
                    throw new UnavailableException(line[ServeCommand.Unavailable.Length..].Trim());
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnavailableException($"it did not say {word} within {longest.TotalSeconds:0} s");
        }

        await _process.WaitForExitAsync(cancellationToken);
        throw new UnavailableException(ExitDescription!);
    }
}
