using System.Globalization;

namespace Sockeye.Cli;

/// <summary>
/// One aligned line for each call of a socket function: time since start, function, socket, local -> remote, bytes, state, note.
/// </summary>
internal sealed class TraceWriter(ErrorLines errors)
{
    private readonly Lock _lock = new();
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private int _addressWidth;

    public void Write(SocketStep step)
    {
        // The width only grows, so that lines stay aligned once the longest address has been seen.
        lock (_lock)
            errors.WriteLine(Line(step, TimeProvider.System.GetElapsedTime(_start)));
    }

    private string Line(SocketStep step, TimeSpan time)
    {
        var addresses = step switch
        {
            { LocalEndPoint: null, RemoteEndPoint: null } => "",
            { RemoteEndPoint: null } => EndPointName.Format(step.LocalEndPoint),
            _ => $"{EndPointName.Format(step.LocalEndPoint)} -> {EndPointName.Format(step.RemoteEndPoint)}",
        };
        _addressWidth = Math.Max(_addressWidth, addresses.Length);
        var bytes = step.Function is SocketFunction.Send or SocketFunction.Receive
            ? string.Create(CultureInfo.InvariantCulture, $"{step.Bytes} {(step.Bytes == 1 ? "byte" : "bytes")}")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{time.TotalMilliseconds,10:0.000} ms  {StepText.Function(step.Function),-8}  socket {step.Handle,-4}  "
            + $"{addresses.PadRight(_addressWidth)}  {bytes,12}  {StepText.State(step.TcpInfo?.State),-11}  "
            + $"{StepText.Note(step)}").TrimEnd();
    }
}
