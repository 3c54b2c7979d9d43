using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary><c>--exec</c>, <c>--sh-exec</c>: runs a command for each client, with the socket as its standard input and output,
/// as inetd does.</summary>
internal sealed class ExecMode
{
    /// <summary>
    /// The time after which a command that neither ends nor reads its input is killed, once its client has disconnected.
    /// </summary>
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(2);

    private const string Shell = "/bin/sh";

    private readonly ExecCommand _command;
    private readonly ErrorLines _errors;

    public ExecMode(ExecCommand command, ErrorLines errors)
    {
        (_command, _errors) = (command, errors);
        // Starting a process needs pipes and libraries. The first start happens here, while there are enough descriptors.
        if (!OperatingSystem.IsWindows() && !File.Exists(Shell))
            return; // A container without a shell.
        using var warmUp = Process.Start(new ProcessStartInfo(
            OperatingSystem.IsWindows() ? "cmd.exe" : Shell, OperatingSystem.IsWindows() ? ["/d", "/c", "exit"] : ["-c", "exit"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        warmUp.WaitForExit();
    }

    public void Serve(ListenOptions listen) => listen.Run(RunAsync);

    private async Task RunAsync(ConnectionContext connection)
    {
        using var process = Start(connection);
        if (process is null)
            return;
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = connection.ConnectionClosed.UnsafeRegister(_ => gone.TrySetResult(), null);
        using var giveUp = new CancellationTokenSource();
        using var kill = new CancellationTokenSource();

        var input = SendInputAsync(connection, process.StandardInput.BaseStream, PostponeKill, giveUp.Token);
        var output = SendOutputAsync(process.StandardOutput.BaseStream, connection, giveUp.Token);
        // Does not end with the output: a command like "cat > file" closes that first and continues to read.
        var done = Task.WhenAll(output, process.WaitForExitAsync());
        if (await Task.WhenAny(done, gone.Task) == gone.Task)
            await EndAsync(process, connection, kill);

        await giveUp.CancelAsync();
        connection.Transport.Input.CancelPendingRead();
        await Task.WhenAll(input, done);

        void PostponeKill()
        {
            if (gone.Task.IsCompleted)
                kill.CancelAfter(KillTimeout);
        }
    }

    private Process? Start(ConnectionContext connection)
    {
        var start = _command.GetStartInfo();
        start.Environment["SOCKEYE_REMOTE"] = EndPointName.Format(connection.RemoteEndPoint);
        start.Environment["SOCKEYE_LOCAL"] = EndPointName.Format(connection.LocalEndPoint);
        try
        {
            DescriptorReserve.Shared.Check(); // Its pipes take several at once.
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            _errors.WriteLine(
                $"warning: {EndPointName.Format(connection.RemoteEndPoint)}: cannot start the command: {e.Message}");
            connection.Abort(CloseCause.HandlerError, "the command could not be started");
            return null;
        }
    }

    /// <summary>Relays the client's FIN as the end of the command's standard input.</summary>
    private static async Task SendInputAsync(
        ConnectionContext connection, Stream stdin, Action onTaken, CancellationToken giveUp)
    {
        await using (stdin)
            await connection.ReadArrivedAsync(bytes => WriteAsync(stdin, bytes, onTaken, giveUp));
    }

    /// <summary>Returns false if the command no longer reads, which is not an error.</summary>
    private static async ValueTask<bool> WriteAsync(
        Stream stdin, ReadOnlySequence<byte> bytes, Action onTaken, CancellationToken giveUp)
    {
        try
        {
            foreach (var block in bytes)
            {
                await stdin.WriteAsync(block, giveUp);
                onTaken();
            }

            await stdin.FlushAsync(giveUp);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task SendOutputAsync(Stream stdout, ConnectionContext connection, CancellationToken giveUp)
    {
        var output = connection.Transport.Output;
        try
        {
            while (await stdout.ReadAsync(output.GetMemory(), giveUp) is > 0 and var read)
            {
                output.Advance(read);
                if ((await output.FlushAsync(giveUp)).IsCompleted)
                    break; // The client accepts no more data. The command sees the end of its standard input.
            }

            // FIN at once: a command that continues to read may do so until the client, which waits for FIN, ends its side.
            await output.CompleteAsync();
        }
        catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
        {
            // The client has disconnected and the command has ended: a process that it left behind still holds its output.
        }
    }

    /// <summary>
    /// After the client has disconnected, waits for the command, and kills it with its child processes when
    /// <paramref name="kill"/> fires. A stop kills it at once, unless the client left in order: then the command may have yet to
    /// read what came before FIN.
    /// </summary>
    private static async Task EndAsync(Process process, ConnectionContext connection, CancellationTokenSource kill)
    {
        kill.CancelAfter(KillTimeout);
        using var stop = connection.CloseReason is { IsOrderly: true }
            ? default
            : connection.StopRequested.UnsafeRegister(_ => kill.Cancel(), null);
        var exited = process.WaitForExitAsync(CancellationToken.None);
        await exited.WaitAsync(kill.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!exited.IsCompleted)
            process.Kill(entireProcessTree: true);
        await exited;
    }
}
