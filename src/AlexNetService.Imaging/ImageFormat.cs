using NetVips;

namespace AlexNetService.Imaging;

/// <summary>A picture format that is taken.</summary>
public sealed record ImageFormat
{
    internal ImageFormat(string name, string contentType, string loader, IReadOnlyList<byte[]> signatures)
    {
        Name = name;
        ContentType = contentType;
        Loader = loader;
        Signatures = signatures;
    }

    /// <summary>The name people use.</summary>
    public string Name { get; }

    /// <summary>Its media type.</summary>
    public string ContentType { get; }

    /// <summary>The libvips class that has to be unblocked for it.</summary>
    internal string Loader { get; }

    /// <summary>How files begin; <c>'?'</c> stands for any byte.</summary>
    internal IReadOnlyList<byte[]> Signatures { get; }

    /// <summary>How small a fault in the file ends the decoding.</summary>
    internal Enums.FailOn FailOn { get; init; } = Enums.FailOn.Warning;

    /// <summary>Whether the decoder can hand out pictures of 1/2, 1/4 and 1/8 size at less cost.</summary>
    internal bool ShrinksOnLoad { get; init; }

    internal bool Begins(ReadOnlySpan<byte> encoded)
    {
        foreach (var signature in Signatures)
        {
            if (Matches(encoded, signature))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(ReadOnlySpan<byte> encoded, byte[] signature)
    {
        if (encoded.Length < signature.Length)
        {
            return false;
        }

        for (var index = 0; index < signature.Length; index++)
        {
            if (signature[index] != '?' && signature[index] != encoded[index])
            {
                return false;
            }
        }

        return true;
    }
}
