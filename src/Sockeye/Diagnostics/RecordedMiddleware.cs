using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Records the bytes at its position in the pipeline of a server.</summary>
internal sealed class RecordedMiddleware(WireCapture capture, ConnectionDelegate next)
{
    public async Task RunAsync(ConnectionContext connection)
    {
        var name = CaptureInterfaces.GetName(connection, isServer: true);
        if (capture.Record(connection, name, isServer: true) is not { } recording)
        {
            await next(connection);
            return;
        }

        var isBroken = true;
        try
        {
            await next(connection);
            isBroken = false;
        }
        finally
        {
            recording.OnUserDone(isBroken);
        }
    }
}
