using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace AlexNetService.ModelSpec.Package;

/// <summary>A folder of packages, <c>name/version/</c>. Versions are whole numbers from 1.</summary>
public sealed partial class PackageRepository(string root)
{
    private const string LockSuffix = ".lock";

    /// <summary>The folder.</summary>
    public string Root { get; } = root;

    /// <summary>
    /// Names with at least one version, in ordinal order. Folders that begin with a dot do not count, nor do those that cannot be read or
    /// that go while they are listed.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">The repository folder does not exist.</exception>
    public IReadOnlyList<string> Names() =>
    [
        .. Directory.EnumerateDirectories(Root)
            .Select(folder => Path.GetFileName(folder))
            .Where(name => PackageName.Broken(name) is null && Versions(name).Count > 0)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// Versions of a model, newest first; empty if there is none, or the folder cannot be read. A folder such as <c>007</c> is not a
    /// version.
    /// </summary>
    public IReadOnlyList<int> Versions(string name)
    {
        if (PackageName.Broken(name) is not null)
        {
            return [];
        }

        try
        {
            return
            [
                .. Directory.EnumerateDirectories(Path.Combine(Root, name))
                    .Select(path => Path.GetFileName(path))
                    .Where(version => !version.StartsWith('0'))
                    .Select(version => int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
                    .Where(version => version > 0)
                    .OrderDescending(),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The folder of a version.</summary>
    public string Folder(string name, int version) =>
        Path.Combine(Root, name, version.ToString(CultureInfo.InvariantCulture));

    /// <summary>The package folder that a path means: the path itself, or the newest version if it is the folder of a model.</summary>
    /// <param name="path">A folder <c>…/name/version</c> or <c>…/name</c>.</param>
    /// <exception cref="InvalidPackageException">The folder holds several models, or its name is empty.</exception>
    public static string Newest(string path)
    {
        if (path.Length == 0)
        {
            throw new InvalidPackageException(path, "its path is empty. Name a folder.");
        }

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(Path.Combine(full, ModelPackage.CardFile)) || Path.GetDirectoryName(full) is not { } root)
        {
            return path;
        }

        var name = Path.GetFileName(full);
        return new PackageRepository(root).Versions(name) is [var newest, ..]
            ? Path.Combine(path, newest.ToString(CultureInfo.InvariantCulture))
            : Directory.Exists(full) && new PackageRepository(full).Names() is [var first, ..] names
                ? throw new InvalidPackageException(
                    path, $"it holds models: {string.Join(", ", names)}. Name one: {Path.Combine(path, first)}")
                : path;
    }

    /// <summary>The version of the next export of a model: one more than the newest.</summary>
    public int NextVersion(string name) => Versions(name) is [var newest, ..] ? newest + 1 : 1;

    /// <summary>Publishes a package of one file, a graph that holds its own weights, as the other overload does.</summary>
    /// <exception cref="InvalidPackageException">The card breaks a rule, or the version already exists.</exception>
    public ModelPackage Publish(ModelCard card, ReadOnlyMemory<byte> graph, Func<ModelPackage, ModelCard>? inspect = null) =>
        Publish(card, new PackageFiles(PackageFiles.Bytes(graph)), inspect);

    /// <summary>
    /// Publishes a package as a whole or not at all: writes it into a hidden folder of the repository, flushes it to disk, then renames the
    /// folder. A locked file beside the hidden folder says that it is being written. Hidden folders whose lock nobody holds are deleted:
    /// their process was killed.
    /// </summary>
    /// <param name="card">
    /// The card; this method fills in lengths and hashes of the files. The graph always gets its usual name; the other files keep theirs,
    /// because graphs point to weights by name.
    /// </param>
    /// <param name="inspect">
    /// Inspects the finished package before it is published and returns the card to publish, for example with errors measured on the
    /// package. Name, version and files stay as they are. An exception stops the publication.
    /// </param>
    /// <exception cref="InvalidPackageException">The card breaks a rule, or the version already exists.</exception>
    /// <exception cref="ArgumentException">The card does not name exactly the given files.</exception>
    public ModelPackage Publish(ModelCard card, PackageFiles files, Func<ModelPackage, ModelCard>? inspect = null)
    {
        card = card with { Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0) };
        var folder = Folder(card.Name, card.Version);
        CardRules.Require(card, folder);
        RequireFree(card, folder);
        Directory.CreateDirectory(Root);
        DeleteAbandoned();
        var partial = Path.Combine(Root, $".{card.Name}.{card.Version}.{Guid.NewGuid():N}");
        using var writing = new FileStream(
            partial + LockSuffix, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        Directory.CreateDirectory(partial);
        try
        {
            card = card with
            {
                Graph = Write(partial, card.Graph, files.Model),
                Weights = Write(partial, card.Weights, files.Weights),
                Filters = Write(partial, card.Filters, files.Filters),
                Split = card.Split is { } split
                    ? split with { Trunk = Write(partial, split.Trunk, files.Trunk), Rest = Write(partial, split.Rest, files.Rest) }
                    : files is { Trunk: null, Rest: null } ? null : throw Unmatched(),
            };
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
                CardRules.Require(card, folder);
                WriteCard(partial, card);
            }

            // Another export may have published the version meanwhile.
            RequireFree(card, folder);
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

    /// <summary>Deletes the hidden folders of publications whose process ended before it could.</summary>
    private void DeleteAbandoned()
    {
        foreach (var path in Directory.EnumerateFiles(Root, "." + "*" + LockSuffix).Where(path => Lock().IsMatch(Path.GetFileName(path))))
        {
            try
            {
                // The lock is taken first: opening it fails while its process lives.
                using var abandoned = new FileStream(
                    path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
                var partial = path[..^LockSuffix.Length];
                if (Directory.Exists(partial))
                {
                    Directory.Delete(partial, recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another publication is under way, has just ended, or is another user's.
            }
        }
    }

    /// <summary>Name of the lock of a hidden folder: <c>.name.version.guid.lock</c>.</summary>
    [GeneratedRegex(@"^\." + PackageName.Pattern + @"\.[0-9]+\.[0-9a-f]{32}\" + LockSuffix + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex Lock();

    [return: NotNullIfNotNull(nameof(file))]
    private static GraphFile? Write(string folder, GraphFile? file, Action<Stream>? write)
    {
        if (file is null || write is null)
        {
            return file is null && write is null ? null : throw Unmatched();
        }

        var path = Path.Combine(folder, file.File);
        using var hash = SHA256.Create();
        WholeFile.Write(path, stream =>
        {
            using var hashing = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true);
            write(hashing);
        });
        return file with { Sha256 = Convert.ToHexStringLower(hash.Hash.AsSpan()), Bytes = new FileInfo(path).Length };
    }

    private static ArgumentException Unmatched() =>
        new("The card must name weights, trunk, rest and filters if and only if these files are given.");

    private void RequireFree(ModelCard card, string folder)
    {
        if (Directory.Exists(folder))
        {
            throw new InvalidPackageException(folder, $"the version already exists. The next free version is {NextVersion(card.Name)}.");
        }
    }

    private static void WriteCard(string folder, ModelCard card) =>
        WholeFile.Write(Path.Combine(folder, ModelPackage.CardFile), JsonSerializer.SerializeToUtf8Bytes(card, CardJson.Format.ModelCard));
}

/// <summary>
/// The contents of a package's files, for publication. Each is written once, as a stream, so that the full network's 244 MB of weights need
/// not be copied in memory. The card names the files.
/// </summary>
public sealed record PackageFiles(Action<Stream> Model)
{
    private const int CopyBytes = 1 << 20;

    /// <summary>Writes the weights that the graphs point into; null if the graph holds them.</summary>
    public Action<Stream>? Weights { get; init; }

    /// <summary>Writes the trunk of <see cref="ModelCard.Split"/>, or null if the card names none.</summary>
    public Action<Stream>? Trunk { get; init; }

    /// <summary>Writes the rest of <see cref="ModelCard.Split"/>, or null if the card names none.</summary>
    public Action<Stream>? Rest { get; init; }

    /// <summary>Writes the picture of <see cref="ModelCard.Filters"/>, or null if the card names none.</summary>
    public Action<Stream>? Filters { get; init; }

    /// <summary>A file with these bytes.</summary>
    /// <param name="bytes">The content; it must not change before the package is published.</param>
    public static Action<Stream> Bytes(ReadOnlyMemory<byte> bytes) => stream => stream.Write(bytes.Span);

    /// <summary>A copy of another file.</summary>
    /// <param name="path">The other file; it is read while the package is published.</param>
    public static Action<Stream> CopyOf(string path) => stream =>
    {
        using var source = File.OpenRead(path);
        source.CopyTo(stream, CopyBytes);
    };
}

/// <summary>The rule for names of models, which are folders, URL segments and elements of comma-separated lists.</summary>
public static partial class PackageName
{
    /// <summary>A regular expression for names, without anchors.</summary>
    public const string Pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    /// <summary>The reason why a name cannot be used, as a sentence, or null if it can.</summary>
    public static string? Broken(string name) => Allowed().IsMatch(name)
        ? null
        : $"'{name}' cannot name a model; use 1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit.";

    [GeneratedRegex("^" + Pattern + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();
}
