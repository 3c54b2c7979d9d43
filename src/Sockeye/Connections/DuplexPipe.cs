using System.IO.Pipelines;

namespace Sockeye;

/// <summary>The two directions of a connection, as its handler sees them.</summary>
internal sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;
}
