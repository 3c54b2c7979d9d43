// error CS1503: A connection speaks the messages of its codec and no others.
using Sockeye;

await SockeyeServer.RunAsync(server => server.ListenLocalhost(0).Run(
    Codec.Lines(maxLength: 80), async (MessageConnection<string> user) => await user.WriteAsync(42)));
