using System.Threading.Channels;

namespace Sockeye;

/// <summary>A request with a stream of responses.</summary>
internal sealed class PendingStream<TRequest, TResponse> : PendingRequest<TRequest, TResponse>
{
    private readonly Func<TResponse, bool> _isLast;
    private readonly Channel<TResponse> _responses;

    public PendingStream(TRequest request, Func<TResponse, bool> isLast, TimeSpan timeout, int maxQueued)
    {
        (Request, Timeout, _isLast) = (request, timeout, isLast);
        _responses = Channel.CreateBounded<TResponse>(new BoundedChannelOptions(maxQueued)
        {
            SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false,
        });
    }

    public ChannelReader<TResponse> Responses => _responses.Reader;

    public override bool HasStream => true;

    public override bool IsLast(TResponse response) => _isLast(response);

    public override async ValueTask DeliverAsync(TResponse response, bool isLast)
    {
        // False after Close: the reader has left, and the response is dropped.
        while (!_responses.Writer.TryWrite(response))
        {
            if (!await _responses.Writer.WaitToWriteAsync())
                break;
        }

        if (isLast)
            _responses.Writer.TryComplete();
    }

    public override void Fail(Exception error) => _responses.Writer.TryComplete(error);

    /// <summary>Ends a delivery that waits for the reader, which has left.</summary>
    public void Close() => _responses.Writer.TryComplete();
}
