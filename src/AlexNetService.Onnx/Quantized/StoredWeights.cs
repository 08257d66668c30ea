namespace AlexNetService.Onnx.Quantized;

/// <summary>Reads the values of a package's initialisers, from the graph or from the file of weights beside it.</summary>
internal sealed class StoredWeights(ModelPackage package)
{
    /// <summary>Whether the values lie outside the graph.</summary>
    public static bool AreElsewhere(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    /// <summary>The bytes of an initialiser, row-major, little-endian.</summary>
    /// <exception cref="InvalidPackageException">The values are missing.</exception>
    public byte[] Bytes(TensorProto tensor)
    {
        if (!AreElsewhere(tensor))
        {
            return tensor.RawData.Length > 0
                ? tensor.RawData.ToByteArray()
                : throw Refused(tensor, "its values are not raw bytes. Export the graph again with a current version of its exporter");
        }

        if (Text(tensor, "location") is not { } file || package.Card.Weights?.File != file)
        {
            throw Refused(tensor, "its values lie in a file that the card does not name as weights");
        }

        using var stream = File.OpenRead(Path.Combine(package.Folder, file));
        var offset = Number(tensor, "offset") ?? 0;
        var length = Number(tensor, "length") ?? stream.Length - offset;
        if (offset < 0 || length < 0 || offset + length > stream.Length || length > Array.MaxLength)
        {
            throw Refused(tensor, $"its values should be {length} bytes at {offset} of {file}, which has {stream.Length}");
        }

        var bytes = new byte[length];
        stream.Position = offset;
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The values of a float initialiser.</summary>
    /// <exception cref="InvalidPackageException">They are missing, or their number does not match its dimensions.</exception>
    public float[] Floats(TensorProto tensor)
    {
        var values = MemoryMarshal.Cast<byte, float>(Bytes(tensor)).ToArray();
        return values.Length == tensor.Dims.Aggregate(1L, (product, dimension) => product * dimension)
            ? values
            : throw Refused(tensor, $"it holds {values.Length} values for the dimensions [{string.Join(',', tensor.Dims)}]");
    }

    private static string? Text(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static long? Number(TensorProto tensor, string key) =>
        long.TryParse(Text(tensor, key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private InvalidPackageException Refused(TensorProto tensor, string reason) =>
        new(package.Folder, $"the initialiser '{tensor.Name}' cannot be read: {reason}.");
}
