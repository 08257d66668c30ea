namespace AlexNetService.Api.OpenInference;

/// <summary>The one input of a request, checked against the model: crops, or photographs.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Crops">[Rows,…] as the package's input tensor holds them; null where photographs were sent.</param>
/// <param name="Photographs">[Rows] encoded files; null where crops were sent.</param>
internal sealed record SentTensor(int Rows, ReadOnlyMemory<byte>? Crops, IReadOnlyList<ReadOnlyMemory<byte>>? Photographs)
{
    /// <param name="body">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="maxCrops">Crops a request at most.</param>
    /// <param name="maxPictures">Photographs a request at most.</param>
    /// <exception cref="TensorException">It is not what the model takes.</exception>
    public static SentTensor Of(InferBody body, InferenceModel model, int maxCrops, int maxPictures)
    {
        if (body.Request.Inputs is not [var input])
        {
            throw new TensorException($"Send one input a request: {Takes(model)}.");
        }

        var expected = model.Inputs.FirstOrDefault(each => each.Name == input.Name && each.Datatype == input.Datatype)
            ?? throw new TensorException($"There is no input '{input.Name}' of {input.Datatype}; there is {Takes(model)}.");
        var isPhotographs = expected.Datatype == Datatypes.Bytes;
        var shape = Shape(input, expected, isPhotographs ? maxPictures : maxCrops);
        var (rows, binary) = ((int)shape[0], Binary(body, input));
        if (isPhotographs)
        {
            return new SentTensor(rows, null, binary is { } elements
                ? TensorData.Prefixed(elements, rows)
                : TensorData.Base64(Json(body, input), shape));
        }

        var size = shape.Aggregate(1L, (product, dimension) => product * dimension) * (expected.Datatype == Datatypes.Float32 ? sizeof(float) : 1);
        if (binary is { } bytes && bytes.Length != size)
        {
            throw new TensorException($"'{input.Name}' has {bytes.Length} bytes behind the JSON; its shape needs {size}.");
        }

        return size > Array.MaxLength
            ? throw new TensorException($"'{input.Name}' has {size} bytes. Send fewer rows a request.")
            : new SentTensor(rows, binary ?? TensorData.Numbers(Json(body, input), shape, expected.Datatype), null);
    }

    private static IReadOnlyList<long> Shape(RequestInput input, TensorMetadata expected, int maxRows)
    {
        var shape = input.Shape ?? [];
        var isColumn = expected.Datatype == Datatypes.Bytes && shape is [_, 1];
        if (!isColumn && !(shape.Count == expected.Shape.Count && shape.Skip(1).SequenceEqual(expected.Shape.Skip(1))))
        {
            throw new TensorException(
                $"'{input.Name}' of {input.Datatype} has the shape [{string.Join(',', shape)}]; it must be [{string.Join(',', expected.Shape)}], -1 being any number.");
        }

        return shape[0] >= 1 && shape[0] <= maxRows
            ? shape
            : throw new TensorException($"'{input.Name}' has {shape[0]} rows; send 1 to {maxRows} a request.");
    }

    private static ReadOnlyMemory<byte>? Binary(InferBody body, RequestInput input)
    {
        if (input.Parameters?.BinaryDataSize is not { } size)
        {
            return body.Binary.IsEmpty
                ? null
                : throw new TensorException($"{body.Binary.Length} bytes stand behind the JSON, and '{input.Name}' has no binary_data_size.");
        }

        if (input.Data is not null)
        {
            throw new TensorException($"'{input.Name}' has both data and binary_data_size. Send one of the two.");
        }

        return size == body.Binary.Length
            ? body.Binary
            : throw new TensorException($"binary_data_size of '{input.Name}' is {size}; behind the JSON stand {body.Binary.Length} bytes.");
    }

    private static ReadOnlySpan<byte> Json(InferBody body, RequestInput input) => input.Data is { } data
        ? body.Text(data)
        : throw new TensorException($"'{input.Name}' has neither data nor binary_data_size. Send one of the two.");

    private static string Takes(InferenceModel model) =>
        string.Join(" or ", model.Inputs.Select(input => $"'{input.Name}' of {input.Datatype} [{string.Join(',', input.Shape)}]"));
}
