using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary><c>--echo</c>: sends back all data, and FIN after the client's FIN.</summary>
internal static class EchoMode
{
    public static Task RunAsync(ConnectionContext connection)
    {
        var output = connection.Transport.Output;
        return connection.ReadArrivedAsync(async bytes =>
        {
            foreach (var block in bytes)
                output.Write(block.Span);
            return !(await output.FlushAsync()).IsCompleted;
        });
    }
}
