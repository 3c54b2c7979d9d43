using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Records what passes at its place of a server's pipeline.</summary>
internal sealed class RecordedMiddleware(WireCapture capture, ConnectionDelegate next)
{
    public async Task RunAsync(ConnectionContext connection)
    {
        if (capture.Record(connection, CaptureInterfaces.GetName(connection, isServer: true), isServer: true) is not { } recording)
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
