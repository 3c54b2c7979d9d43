using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Sockeye.Comparison.CommandLine;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.Processes;

/// <summary>This program again, as a node or as clients: it answers commands, and ends when its standard input does.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly string _title;
    private readonly TimeProvider _time;
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _errors = new();

    private ChildProcess(Process process, string title, TimeProvider time)
    {
        (_process, _title, _time) = (process, title, time);
        process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
        _ = PumpAsync();
    }

    public int Id => _process.Id;

    /// <summary>What a node says unasked, without the first word.</summary>
    public ChannelReader<string> Events => _events.Reader;

    public static ChildProcess Start(string title, TimeProvider time, params string[] arguments)
    {
        var command = Programs.Self(arguments);
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_NOLOGO"] = "1";
        // The steady state is what is compared, and it comes sooner when methods need not be compiled again.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        // A run must not depend on what the shell happens to say.
        start.Environment.Remove("SOCKEYE_ENGINE");
        return new(Process.Start(start)!, title, time);
    }

    public TimeSpan ProcessorTime() => CpuClock.Read(Id);

    /// <summary>The process's memory in RAM, in bytes.</summary>
    public long Memory() => ResidentMemory.Read(Id);

    /// <summary>Sends a command, and returns its answer. One caller at a time.</summary>
    /// <exception cref="RunException">It has ended, says that it failed, or does not answer in time.</exception>
    public async Task<string> AskAsync(string command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            throw await CreateEndedAsync();
        }

        return await ReadAsync(command, timeout, cancellationToken);
    }

    /// <summary>Returns the next line that it prints.</summary>
    /// <exception cref="RunException">It has ended, says that it failed, or does not answer in time.</exception>
    public async Task<string> ReadAsync(string awaited, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var answer = await _answers.Reader.ReadAsync(both.Token);
            return answer.StartsWith(Clients.ClientsCommand.Failed, StringComparison.Ordinal)
                ? throw new RunException($"{_title}: {answer[Clients.ClientsCommand.Failed.Length..].Trim()}.")
                : answer;
        }
        catch (ChannelClosedException)
        {
            throw await CreateEndedAsync();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunException($"{_title} did not answer {awaited} within {timeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>Ends it as a crash does: SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var timeout = new CancellationTokenSource(ExitTimeout, _time);
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private async Task PumpAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(NodeCommand.Event, StringComparison.Ordinal))
                _events.Writer.TryWrite(line[NodeCommand.Event.Length..].Trim());
            else
                _answers.Writer.TryWrite(line);
        }

        _answers.Writer.TryComplete();
        _events.Writer.TryComplete();
    }

    private async Task<RunException> CreateEndedAsync()
    {
        await _process.WaitForExitAsync();
        var errors = string.Join(' ', _errors.Where(line => line.Length > 0).Take(8));
        return new($"{_title} ended with exit code {_process.ExitCode}{(errors.Length == 0 ? "." : $": {errors}")}");
    }
}
