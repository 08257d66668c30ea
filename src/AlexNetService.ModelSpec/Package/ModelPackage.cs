using System.Security.Cryptography;
using System.Text.Json;

namespace AlexNetService.ModelSpec.Package;

/// <summary>A package folder whose card was read and whose graph has the hash that the card names.</summary>
/// <param name="Folder">The package folder, <c>…/name/version</c>.</param>
/// <param name="Card">The card.</param>
public sealed record ModelPackage(string Folder, ModelCard Card)
{
    /// <summary>File name of the card.</summary>
    public const string CardFile = "card.json";

    /// <summary>File name that exports give the graph.</summary>
    public const string DefaultGraphFile = "model.onnx";

    /// <summary>Path of the graph.</summary>
    public string GraphPath => Path.Combine(Folder, Card.Graph.File);

    /// <summary>Reads the card, checks that it makes sense, and checks the graph's length and SHA-256 against it.</summary>
    /// <param name="folder">The package folder.</param>
    /// <exception cref="InvalidPackageException">The folder is no package, or one that must not be served.</exception>
    public static ModelPackage Open(string folder)
    {
        var card = ReadCard(folder);
        if (CardRules.FirstBroken(card) is { } reason)
        {
            throw new InvalidPackageException(folder, reason);
        }

        var package = new ModelPackage(folder, card);
        package.VerifyGraph();
        return package;
    }

    private static ModelCard ReadCard(string folder)
    {
        var path = Path.Combine(folder, CardFile);
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, CardJson.Format.ModelCard)
                ?? throw new InvalidPackageException(folder, $"{CardFile} is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidPackageException(folder, $"{CardFile} cannot be read ({e.Message})", e);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException) // the latter: a layer without its kind
        {
            throw new InvalidPackageException(folder, $"{CardFile} is not a card: {e.Message}", e);
        }
    }

    private void VerifyGraph()
    {
        try
        {
            using var stream = File.OpenRead(GraphPath);
            if (stream.Length != Card.Graph.Bytes)
            {
                throw new InvalidPackageException(
                    Folder, $"{Card.Graph.File} has {stream.Length} bytes where the card says {Card.Graph.Bytes}. Copy the package again.");
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (!string.Equals(hash, Card.Graph.Sha256, StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidPackageException(
                    Folder, $"{Card.Graph.File} has SHA-256 {hash} where the card says {Card.Graph.Sha256}. Copy the package again.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidPackageException(Folder, $"{Card.Graph.File} cannot be read ({e.Message})", e);
        }
    }
}
