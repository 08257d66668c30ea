using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using AlexNetService.ModelSpec.Files;

namespace AlexNetService.ModelSpec.Package;

/// <summary>A folder of packages, <c>name/version/</c>, versions being whole numbers from 1.</summary>
/// <param name="root">The folder.</param>
public sealed class PackageRepository(string root)
{
    /// <summary>The folder.</summary>
    public string Root { get; } = root;

    /// <summary>Names that have at least one version, in ordinal order. Folders that begin with a dot are not names.</summary>
    /// <exception cref="DirectoryNotFoundException">The repository folder does not exist.</exception>
    public IReadOnlyList<string> Names() =>
    [
        .. Directory.EnumerateDirectories(Root)
            .Select(folder => Path.GetFileName(folder))
            .Where(name => PackageName.Broken(name) is null && Versions(name).Count > 0)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Versions of a model, newest first; empty where there is none. <c>007</c> is a folder, no version.</summary>
    /// <param name="name">Name of the model.</param>
    public IReadOnlyList<int> Versions(string name)
    {
        var folder = Path.Combine(Root, name);
        return PackageName.Broken(name) is not null || !Directory.Exists(folder) ? [] :
        [
            .. Directory.EnumerateDirectories(folder)
                .Select(path => Path.GetFileName(path))
                .Where(version => !version.StartsWith('0'))
                .Select(version => int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
                .Where(version => version > 0)
                .OrderDescending(),
        ];
    }

    /// <summary>The folder of a version.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="version">Version, from 1.</param>
    public string Folder(string name, int version) =>
        Path.Combine(Root, name, version.ToString(CultureInfo.InvariantCulture));

    /// <summary>The version a new export of a model gets: one more than the newest.</summary>
    /// <param name="name">Name of the model.</param>
    public int NextVersion(string name) => Versions(name) is [var newest, ..] ? newest + 1 : 1;

    /// <summary>Writes a package of one file, a graph that holds its own weights, as a whole or not at all.</summary>
    /// <param name="card">The card; its <see cref="ModelCard.Graph"/> is filled in here.</param>
    /// <param name="graph">The graph's bytes.</param>
    /// <param name="inspect">Looks at the finished package before it is published, as in the other overload.</param>
    /// <returns>The published package.</returns>
    /// <exception cref="InvalidPackageException">The card breaks a rule, or the version exists already.</exception>
    public ModelPackage Publish(ModelCard card, ReadOnlyMemory<byte> graph, Func<ModelPackage, ModelCard>? inspect = null) =>
        Publish(card, new PackageFiles(PackageFiles.Bytes(graph)), inspect);

    /// <summary>
    /// Writes a package as a whole or not at all: into a hidden folder of the repository, flushed to disk, then renamed.
    /// </summary>
    /// <param name="card">
    /// The card; lengths and hashes of the files that it names are filled in here. The graph gets its usual name whatever the card says;
    /// the others keep theirs, because graphs point to weights by name.
    /// </param>
    /// <param name="files">What stands in the files that the card names.</param>
    /// <param name="inspect">
    /// Looks at the finished package before it is published and returns the card to publish, its name, version and files unchanged:
    /// errors measured on the package itself can still enter it. What it throws stops the publication.
    /// </param>
    /// <returns>The published package.</returns>
    /// <exception cref="InvalidPackageException">The card breaks a rule, or the version exists already.</exception>
    /// <exception cref="ArgumentException">The card names other files than there are.</exception>
    public ModelPackage Publish(ModelCard card, PackageFiles files, Func<ModelPackage, ModelCard>? inspect = null)
    {
        card = card with { Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0) };
        RequireMatch(card, files);
        var folder = Folder(card.Name, card.Version);
        RequireSound(card, folder);
        RequireFree(card, folder);
        var partial = Path.Combine(Root, $".{card.Name}.{card.Version}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(partial);
        try
        {
            card = WriteFiles(partial, card, files);
            WriteCard(partial, card);
            if (inspect is not null)
            {
                card = inspect(ModelPackage.Open(partial)) with
                {
                    Name = card.Name,
                    Version = card.Version,
                    Graph = card.Graph,
                    Weights = card.Weights,
                    Split = card.Split,
                    Filters = card.Filters,
                };
                RequireSound(card, folder);
                WriteCard(partial, card);
            }

            RequireFree(card, folder); // another exporter may have been faster
            Directory.CreateDirectory(Path.Combine(Root, card.Name));
            Directory.Move(partial, folder);
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }

        return new ModelPackage(folder, card);
    }

    private static void RequireMatch(ModelCard card, PackageFiles files)
    {
        var named = (card.Weights is not null, card.Split is not null, card.Split is not null, card.Filters is not null);
        if (named != (files.Weights is not null, files.Trunk is not null, files.Rest is not null, files.Filters is not null))
        {
            throw new ArgumentException(
                "The card must name weights, trunk, rest and filters where there are such files, and nowhere else.", nameof(files));
        }
    }

    private static ModelCard WriteFiles(string folder, ModelCard card, PackageFiles files)
    {
        card = card with { Graph = Write(folder, card.Graph, files.Model) };
        if (card.Weights is { } weights && files.Weights is { } writeWeights)
        {
            card = card with { Weights = Write(folder, weights, writeWeights) };
        }

        if (card.Filters is { } filters && files.Filters is { } writeFilters)
        {
            card = card with { Filters = Write(folder, filters, writeFilters) };
        }

        return card.Split is { } split && files is { Trunk: { } trunk, Rest: { } rest }
            ? card with { Split = split with { Trunk = Write(folder, split.Trunk, trunk), Rest = Write(folder, split.Rest, rest) } }
            : card;
    }

    private static GraphFile Write(string folder, GraphFile file, Action<Stream> write)
    {
        var path = Path.Combine(folder, file.File);
        using var hash = SHA256.Create();
        WholeFile.Write(path, stream =>
        {
            using var hashing = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true);
            write(hashing);
        });
        return file with { Sha256 = Convert.ToHexStringLower(hash.Hash.AsSpan()), Bytes = new FileInfo(path).Length };
    }

    private static void RequireSound(ModelCard card, string folder)
    {
        if (CardRules.FirstBroken(card) is { } reason)
        {
            throw new InvalidPackageException(folder, reason);
        }
    }

    private void RequireFree(ModelCard card, string folder)
    {
        if (Directory.Exists(folder))
        {
            throw new InvalidPackageException(folder, $"the version exists already. The next free one is {NextVersion(card.Name)}.");
        }
    }

    private static void WriteCard(string folder, ModelCard card) =>
        WholeFile.Write(Path.Combine(folder, ModelPackage.CardFile), JsonSerializer.SerializeToUtf8Bytes(card, CardJson.Format.ModelCard));
}
