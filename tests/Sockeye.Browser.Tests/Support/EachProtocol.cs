using System.Net;

namespace Sockeye.Browser.Tests.Support;

/// <summary>Every engine, in clear and over TLS, by both versions of HTTP.</summary>
public sealed class EachProtocol : TheoryData<string, string, bool>
{
    public EachProtocol()
    {
        foreach (var engine in Sites.Engines)
        {
            foreach (var protocol in (string[])["HTTP/1.1", "HTTP/2"])
            {
                Add(engine, protocol, false);
                Add(engine, protocol, true);
            }
        }
    }

    public static Version VersionOf(string protocol) =>
        protocol == "HTTP/2" ? HttpVersion.Version20 : HttpVersion.Version11;
}
