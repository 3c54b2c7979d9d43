using System.Xml.Linq;

namespace Sockeye.Site;

/// <summary>The assemblies of the packages and their comments, as DocFX can read them.</summary>
internal static class ApiFiles
{
    /// <summary>Copies the packages to WORK/packages, and what they depend on to WORK/references.</summary>
    public static void Copy(string built, string work)
    {
        var packages = Directory.CreateDirectory(Path.Combine(work, "packages")).FullName;
        var references = Directory.CreateDirectory(Path.Combine(work, "references")).FullName;
        foreach (var assembly in Directory.EnumerateFiles(built, "*.dll"))
        {
            var name = Path.GetFileNameWithoutExtension(assembly);
            var isPackage = (name == "Sockeye" || name.StartsWith("Sockeye.", StringComparison.Ordinal)) && name != "Sockeye.Site";
            File.Copy(assembly, Path.Combine(isPackage ? packages : references, Path.GetFileName(assembly)));
            if (isPackage)
                WriteComments(Path.ChangeExtension(assembly, ".xml"), Path.Combine(packages, $"{name}.xml"));
        }
    }

    /// <summary>
    /// The compiler writes the comment of an extension member once, and a reference to it for the static method that implements
    /// it. DocFX shows the static method, and does not follow references of references: they are resolved here.
    /// </summary>
    private static void WriteComments(string from, string to)
    {
        var document = XDocument.Load(from, LoadOptions.PreserveWhitespace);
        var members = document.Descendants("member").ToDictionary(
            member => (string)member.Attribute("name")!, member => member, StringComparer.Ordinal);
        foreach (var member in members.Values)
            Resolve(member, members, depth: 0);
        document.Save(to, SaveOptions.DisableFormatting);
    }

    private static void Resolve(XElement member, Dictionary<string, XElement> members, int depth)
    {
        const int MaxDepth = 10;
        if (member.Element("inheritdoc") is not { } reference || (string?)reference.Attribute("cref") is not { } name
            || depth == MaxDepth || !members.TryGetValue(name, out var source))
        {
            return;
        }

        Resolve(source, members, depth + 1);
        reference.Remove();
        foreach (var inherited in source.Elements())
        {
            if (!member.Elements(inherited.Name).Any(own => (string?)own.Attribute("name") == (string?)inherited.Attribute("name")
                && (string?)own.Attribute("cref") == (string?)inherited.Attribute("cref")))
            {
                member.Add(new XElement(inherited));
            }
        }
    }
}
