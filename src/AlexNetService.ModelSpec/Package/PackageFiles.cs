namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// What stands in the files of a package that is to be published, each written once and as a stream: the full network's weights are
/// 244 MB, which need not lie in memory a second time. The card says what the files are called.
/// </summary>
/// <param name="Model">Writes the graph of the whole network.</param>
public sealed record PackageFiles(Action<Stream> Model)
{
    private const int CopyBytes = 1 << 20;

    /// <summary>Writes the weights that the graphs point into, or null where the graph holds its own.</summary>
    public Action<Stream>? Weights { get; init; }

    /// <summary>Writes the trunk of <see cref="ModelCard.Split"/>, or null where the card names none.</summary>
    public Action<Stream>? Trunk { get; init; }

    /// <summary>Writes the rest of <see cref="ModelCard.Split"/>, or null where the card names none.</summary>
    public Action<Stream>? Rest { get; init; }

    /// <summary>Writes the picture of <see cref="ModelCard.Filters"/>, or null where the card names none.</summary>
    public Action<Stream>? Filters { get; init; }

    /// <summary>A file of these bytes.</summary>
    /// <param name="bytes">The content; it must not change before the package is published.</param>
    public static Action<Stream> Bytes(ReadOnlyMemory<byte> bytes) => stream => stream.Write(bytes.Span);

    /// <summary>A file like another one.</summary>
    /// <param name="path">The other one; read while the package is published.</param>
    public static Action<Stream> CopyOf(string path) => stream =>
    {
        using var source = File.OpenRead(path);
        source.CopyTo(stream, CopyBytes);
    };
}
