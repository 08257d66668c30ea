using System.Globalization;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Benchmarks.Service;

/// <summary>A copy of a repository whose packages can be published again as their next version.</summary>
internal sealed class RenewedRepository : IDisposable
{
    private readonly PackageRepository copy = new(Directory.CreateTempSubdirectory("alexnet-renewed-").FullName);

    public RenewedRepository(PackageRepository source)
    {
        Names = source.Names();
        foreach (var name in Names)
        {
            Publish(ModelPackage.Open(source.Folder(name, source.Versions(name)[0])), 1);
        }
    }

    public string Root => copy.Root;

    public IReadOnlyList<string> Names { get; }

    /// <summary>Publishes a package again as its next version and keeps at most two versions on the disk.</summary>
    /// <returns>The new version.</returns>
    public int Renew(string name)
    {
        var versions = copy.Versions(name);
        Publish(ModelPackage.Open(copy.Folder(name, versions[0])), versions[0] + 1);
        foreach (var old in versions.Skip(1))
        {
            Directory.Delete(copy.Folder(name, old), recursive: true);
        }

        return versions[0] + 1;
    }

    public void Dispose() => Directory.Delete(copy.Root, recursive: true);

    private void Publish(ModelPackage package, int version)
    {
        var target = Directory.CreateDirectory(copy.Folder(package.Card.Name, version));
        foreach (var file in Directory.EnumerateFiles(package.Folder).Where(file => Path.GetFileName(file) != ModelPackage.CardFile))
        {
            File.Copy(file, Path.Combine(target.FullName, Path.GetFileName(file)));
        }

        var card = File.ReadAllText(Path.Combine(package.Folder, ModelPackage.CardFile));
        var before = string.Create(CultureInfo.InvariantCulture, $"\"version\": {package.Card.Version}");
        var after = string.Create(CultureInfo.InvariantCulture, $"\"version\": {version}");
        var place = card.IndexOf(before, StringComparison.Ordinal);
        var renamed = string.Concat(card.AsSpan(0, place), after, card.AsSpan(place + before.Length));
        File.WriteAllText(Path.Combine(target.FullName, ModelPackage.CardFile), renamed);
    }
}
