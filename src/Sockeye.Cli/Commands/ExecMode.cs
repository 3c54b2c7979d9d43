using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Runs a command for each client, its standard input and output on the socket: an inetd in one line.</summary>
internal sealed class ExecMode
{
    /// <summary>What a command has, after its client has gone, to notice and end by itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly string _command;

    public ExecMode(string command)
    {
        _command = command;
        // Starting a process needs pipes and libraries; the first start is now, while there are descriptors for all of it.
        using var warmUp = Process.Start(Shell("exit"))!;
        warmUp.WaitForExit();
    }

    public void Serve(ListenOptions listen) => listen.Run(RunAsync);

    private static ProcessStartInfo Shell(string command) => new()
    {
        FileName = OperatingSystem.IsWindows() ? "cmd.exe" : "/bin/sh",
        ArgumentList = { OperatingSystem.IsWindows() ? "/c" : "-c", command },
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    };

    private async Task RunAsync(ConnectionContext connection)
    {
        using var process = Start(connection);
        var toProcess = SendInputAsync(connection, process.StandardInput.BaseStream);
        var fromProcess = SendOutputAsync(process.StandardOutput.BaseStream, connection);
        var exited = process.WaitForExitAsync();

        var gone = new TaskCompletionSource();
        using (connection.ConnectionClosed.UnsafeRegister(_ => gone.TrySetResult(), null))
            await Task.WhenAny(Task.WhenAll(fromProcess, exited), gone.Task);
        await process.StandardInput.BaseStream.DisposeAsync();
        if (!exited.IsCompleted)
            await KillAsync(process, exited, connection.StopRequested);
        connection.Transport.Input.CancelPendingRead();
        await Task.WhenAll(toProcess, fromProcess);
    }
}
