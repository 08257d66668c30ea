using System.Security.Cryptography;
using System.Text.Json;
using AlexNetService.ModelSpec.Files;

namespace AlexNetService.ModelSpec.Package;

/// <summary>A package folder whose card was read and whose files match the card's hashes.</summary>
public sealed record ModelPackage(string Folder, ModelCard Card)
{
    /// <summary>File name of the card.</summary>
    public const string CardFile = "card.json";

    /// <summary>Largest card, in bytes; one of 1000 classes takes 100 kB.</summary>
    public const int LargestCard = 16 << 20;

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

    /// <summary>Path of the graph of the whole network.</summary>
    public string GraphPath => PathOf(Card.Graph);

    /// <summary>Path of a file of the package.</summary>
    public string PathOf(GraphFile file) => Path.Combine(Folder, file.File);

    /// <summary>Reads and checks the card, and checks length and SHA-256 of every file that it names.</summary>
    /// <exception cref="InvalidPackageException">The folder is not a package, or the package is damaged or inconsistent.</exception>
    public static ModelPackage Open(string folder)
    {
        var card = ReadCard(folder);
        if (CardRules.FirstBroken(card) is { } reason)
        {
            throw new InvalidPackageException(folder, reason);
        }

        var package = new ModelPackage(folder, card);
        foreach (var file in card.Files)
        {
            package.Verify(file);
        }

        return package;
    }

    /// <summary>Reads the card alone and checks nothing in it.</summary>
    /// <exception cref="InvalidPackageException">There is no card, or it cannot be read.</exception>
    public static ModelCard ReadCard(string folder)
    {
        var path = Path.Combine(folder, CardFile);
        try
        {
            using var stream = RegularFile.OpenRead(path, LargestCard);
            return JsonSerializer.Deserialize(stream, CardJson.Format.ModelCard)
                ?? throw new InvalidPackageException(folder, $"{CardFile} is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidPackageException(folder, $"{CardFile} cannot be read ({e.Message})", e);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or NotSupportedException)
        {
            // The latter: a layer without its kind.
            throw new InvalidPackageException(folder, $"{CardFile} is not a card: {e.Message}", e);
        }
    }

    private void Verify(GraphFile file)
    {
        try
        {
            using var stream = RegularFile.OpenRead(PathOf(file));
            if (stream.Length != file.Bytes)
            {
                throw new InvalidPackageException(
                    Folder, $"{file.File} has {stream.Length} bytes where the card says {file.Bytes}. Copy the package again.");
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (!string.Equals(hash, file.Sha256, StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidPackageException(
                    Folder, $"{file.File} has SHA-256 {hash} where the card says {file.Sha256}. Copy the package again.");
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new InvalidPackageException(Folder, $"{file.File} cannot be read ({e.Message})", e);
        }
    }
}

/// <summary>A model package that does not match its card, or whose card is unusable.</summary>
public sealed class InvalidPackageException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">The reason and the remedy, as a sentence.</param>
    public InvalidPackageException(string folder, string reason, Exception? cause = null)
        : base($"Package '{folder}' is refused: {reason}", cause)
    {
        Folder = folder;
    }

    /// <summary>The package folder.</summary>
    public string Folder { get; }
}
