namespace Sockeye.Browser.Tests.Support;

/// <summary>Every engine, in clear and over TLS.</summary>
public sealed class EachSite : TheoryData<string, string>
{
    public EachSite()
    {
        foreach (var engine in Sites.Engines)
        {
            Add(engine, "http");
            Add(engine, "https");
        }
    }
}
