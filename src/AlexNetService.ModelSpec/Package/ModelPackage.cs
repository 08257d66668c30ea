namespace AlexNetService.ModelSpec.Package;

/// <summary>A package folder whose card was read and whose files match the card's hashes.</summary>
public sealed record ModelPackage(string Folder, ModelCard Card)
{
    /// <summary>File name of the card.</summary>
    public const string CardFile = "card.json";

    /// <summary>File name of the graph in exports.</summary>
    public const string DefaultGraphFile = "model.onnx";

    /// <summary>File name of the weights that the graphs share, in exports.</summary>
    public const string DefaultWeightsFile = "model.weights";

    /// <summary>File name of the trunk in exports.</summary>
    public const string DefaultTrunkFile = "trunk.onnx";

    /// <summary>File name of the rest in exports.</summary>
    public const string DefaultRestFile = "rest.onnx";

    /// <summary>File name of the picture of the filters in exports.</summary>
    public const string DefaultFiltersFile = "filters.png";

    /// <summary>Most bytes of a card.</summary>
    public const int MaxCardBytes = 16_000_000;

    /// <summary>Most bytes of the picture of the filters.</summary>
    public const int MaxFiltersBytes = 4_000_000;

    // Below the size from which arrays are on the large-object heap, which is seldom collected.
    private const int HashedAtATime = 64 * 1024;

    /// <summary>
    /// The picture of the filters, as it was when the package was opened and its hash was checked; empty if the package has none.
    /// </summary>
    public ReadOnlyMemory<byte> Filters { get; private set; }

    /// <summary>Path of the graph of the whole network.</summary>
    public string GraphPath => PathOf(Card.Graph);

    /// <summary>Path of a file of the package.</summary>
    public string PathOf(GraphFile file) => Path.Combine(Folder, file.File);

    /// <summary>
    /// Reads and checks the card, checks length and SHA-256 of every file that it names, and checks the graphs' files as far as that is
    /// possible without running them.
    /// </summary>
    /// <exception cref="InvalidPackageException">The folder is not a package, or the package is damaged or inconsistent.</exception>
    public static ModelPackage Open(string folder) => OpenCancellable(folder, CancellationToken.None);

    /// <summary>Does the same, and checks for cancellation while files are read.</summary>
    /// <exception cref="InvalidPackageException">The folder is not a package, or the package is damaged or inconsistent.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ModelPackage OpenCancellable(string folder, CancellationToken cancellation)
    {
        var card = ReadCard(folder);
        CardRules.Require(card, folder);
        var package = new ModelPackage(folder, card);
        foreach (var file in card.Files)
        {
            package.Verify(file, cancellation);
        }

        return package;
    }

    /// <summary>Reads the card alone and checks nothing in it.</summary>
    /// <exception cref="InvalidPackageException">There is no card, or it cannot be read.</exception>
    public static ModelCard ReadCard(string folder)
    {
        try
        {
            // As a stream, because editors write a byte order mark, which only the reader of streams accepts.
            using var stream = new MemoryStream(ReadCardBytes(folder));
            return JsonSerializer.Deserialize(stream, CardJson.Format.ModelCard)
                ?? throw new InvalidPackageException(folder, $"{CardFile} is empty.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException) // the latter: a layer without its kind
        {
            throw new InvalidPackageException(folder, $"{CardFile} is not a card: {e.Message}", e);
        }
    }

    /// <summary>Reads the card's file.</summary>
    /// <exception cref="InvalidPackageException">There is no card, it is too large, or it cannot be read.</exception>
    public static byte[] ReadCardBytes(string folder)
    {
        try
        {
            return RegularFile.ReadAllBytes(Path.Combine(folder, CardFile), MaxCardBytes);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw Unreadable(folder, CardFile, e);
        }
    }

    private void Verify(GraphFile file, CancellationToken cancellation)
    {
        try
        {
            using Stream stream = file == Card.Filters ? Keep(file) : RegularFile.OpenRead(PathOf(file));
            if (stream.Length != file.Bytes)
            {
                throw new InvalidPackageException(
                    Folder, $"{file.File} has {stream.Length} bytes where the card says {file.Bytes}. Copy the package again.");
            }

            var hash = Hash(stream, cancellation);
            var reason = !string.Equals(hash, file.Sha256, StringComparison.OrdinalIgnoreCase)
                ? $"{file.File} has SHA-256 {hash} where the card says {file.Sha256}. Copy the package again."
                : file == Card.Graph || file == Card.Split?.Trunk || file == Card.Split?.Rest
                    ? GraphFileRules.FirstBroken(stream, file.File, Card.Weights?.File)
                : null;
            if (reason is not null)
            {
                throw new InvalidPackageException(Folder, reason);
            }
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw Unreadable(Folder, file.File, e);
        }
    }

    /// <summary>Reads the picture that is kept: the file may be replaced while the package is served.</summary>
    private MemoryStream Keep(GraphFile file)
    {
        var bytes = RegularFile.ReadAllBytes(PathOf(file), MaxFiltersBytes);
        Filters = bytes;
        return new MemoryStream(bytes);
    }

    private static bool IsUnreadable(Exception e) => e is IOException or UnauthorizedAccessException or InvalidDataException;

    private static InvalidPackageException Unreadable(string folder, string file, Exception e) =>
        new(folder, e is InvalidDataException ? e.Message : $"{file} cannot be read ({e.Message})", e);

    private static string Hash(Stream stream, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var part = new byte[HashedAtATime];
        for (int read; (read = stream.Read(part)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(part, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A model package that does not match its card, or whose card is unusable.</summary>
/// <param name="reason">The reason and the remedy, as a sentence.</param>
public sealed class InvalidPackageException(string folder, string reason, Exception? cause = null)
    : Exception($"Package '{folder}' is refused: {reason}", cause)
{
    /// <summary>The package folder.</summary>
    public string Folder { get; } = folder;
}
