using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.OpenInference;

/// <summary>
/// A request that fits its model: crops [Rows,…] in the layout of the package's input tensor, or photographs [Rows], encoded files, of
/// which <c>Views</c> are averaged; the requested outputs; and the time until it must begin to run, or null for the usual one.
/// </summary>
internal sealed record CheckedRequest(
    int Rows,
    ReadOnlyMemory<byte> Crops,
    IReadOnlyList<ReadOnlyMemory<byte>>? Photographs,
    TestViews Views,
    IReadOnlyList<WantedOutput> Outputs,
    TimeSpan? Deadline)
{
    private const long LongestTimeout = TimeSpan.MicrosecondsPerDay;

    /// <summary>Checks a request against its model and the limits of crops and photographs.</summary>
    /// <exception cref="TensorException">The request does not fit the model.</exception>
    public static CheckedRequest Of(InferCall call, ProtocolModel model, int maxCrops, int maxPhotographs)
    {
        var inputs = model.Inputs;
        if (call.Request.Inputs is not [var input])
        {
            throw new TensorException($"Send one input in a request: {Describe(inputs)}.");
        }

        var expected = inputs.FirstOrDefault(each => each.Name == input.Name && each.Datatype == input.Datatype)
            ?? throw new TensorException($"There is no input '{input.Name}' of {input.Datatype}. Send {Describe(inputs)}.");
        var isPhotographs = expected.Datatype == Datatypes.Bytes;
        var shape = Shape(input, expected, isPhotographs ? maxPhotographs : maxCrops);
        var (rows, binary, deadline) = ((int)shape[0], Binary(call, input), DeadlineOf(call.Request.Parameters));
        return isPhotographs
            ? new CheckedRequest(
                rows,
                default,
                Files(call, input, shape, binary),
                ViewsOf(call.Request),
                WantedOutput.Of(call.Request, [model.Outputs[0]]),
                deadline)
            : call.Request.Parameters?.Crops is not null
                ? throw new TensorException(
                    "The parameter crops applies to photographs only. Leave it out: each crop has a row of its own.")
                : new CheckedRequest(
                    rows,
                    Pixels(call, input, shape, expected, binary),
                    null,
                    default,
                    WantedOutput.Of(call.Request, model.Outputs),
                    deadline);
    }

    /// <summary>Triton's scheduling parameters: the timeout is honoured; sequences and priorities do not exist here.</summary>
    private static TimeSpan? DeadlineOf(RequestParameters? parameters)
    {
        if (parameters?.SequenceId is not (null or "" or "0") || parameters?.SequenceStart == true || parameters?.SequenceEnd == true)
        {
            throw new TensorException(
                "Sequences are not supported: models have no state between requests. "
                + "Leave sequence_id, sequence_start and sequence_end out.");
        }

        if (parameters?.Priority > 0)
        {
            throw new TensorException(
                $"priority is {parameters.Priority}, but requests run in the order they arrive. Leave priority out, or send 0.");
        }

        return parameters?.Timeout switch
        {
            null or 0 => null,
            < 0 => throw new TensorException($"timeout is {parameters.Timeout}. Use microseconds, or 0 for no limit."),
            { } microseconds => TimeSpan.FromMicroseconds(Math.Min(microseconds, LongestTimeout)),
        };
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Files(
        InferCall call, RequestInput input, IReadOnlyList<long> shape, ReadOnlyMemory<byte>? binary)
    {
        if (input.Elements is not { } elements)
        {
            return binary is { } prefixed
                ? TensorData.Prefixed(prefixed, (int)shape[0])
                : Base64(call, input, shape);
        }

        return elements.Count == shape[0]
            ? elements
            : throw new TensorException($"'{input.Name}' has {elements.Count} elements, but the shape [{string.Join(',', shape)}].");
    }

    private static TestViews ViewsOf(InferRequest request)
    {
        var crops = request.Parameters?.Crops ?? (int)TestViews.Ten;
        return Enum.IsDefined((TestViews)crops)
            ? (TestViews)crops
            : throw new TensorException($"crops is {crops}. Use 1 (centre) or 10 (corners, centre and their mirrors).");
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Base64(InferCall call, RequestInput input, IReadOnlyList<long> shape)
    {
        var json = Json(call, input);

        // Four characters are three bytes.
        call.Reserve(3L * json.Length / 4);
        return TensorData.Base64(json, shape);
    }

    private static ReadOnlyMemory<byte> Numbers(
        InferCall call, RequestInput input, IReadOnlyList<long> shape, TensorMetadata expected, long size)
    {
        var json = Json(call, input);

        // An element takes at least a digit and a comma, and becomes at most four bytes.
        call.Reserve(Math.Min(size, 2L * json.Length));
        return TensorData.Numbers(json, shape, expected.Datatype);
    }

    private static ReadOnlyMemory<byte> Pixels(
        InferCall call, RequestInput input, IReadOnlyList<long> shape, TensorMetadata expected, ReadOnlyMemory<byte>? binary)
    {
        var size = shape.Aggregate(1L, (product, dimension) => product * dimension)
            * (expected.Datatype == Datatypes.Float32 ? sizeof(float) : 1);
        if (binary is { } bytes && bytes.Length != size)
        {
            throw new TensorException($"'{input.Name}' has {bytes.Length} bytes; its shape needs {size}.");
        }

        return size > Array.MaxLength
            ? throw new TensorException($"'{input.Name}' has {size} bytes. Send fewer rows in a request.")
            : binary ?? Numbers(call, input, shape, expected, size);
    }

    private static IReadOnlyList<long> Shape(RequestInput input, TensorMetadata expected, int maxRows)
    {
        var shape = input.Shape ?? [];
        var isList = expected.Datatype == Datatypes.Bytes && shape is [_];
        if (!isList && !(shape.Count == expected.Shape.Count && shape.Skip(1).SequenceEqual(expected.Shape.Skip(1))))
        {
            throw new TensorException(
                $"'{input.Name}' of {input.Datatype} has the shape [{string.Join(',', shape)}]; "
                + $"it must be [{string.Join(',', expected.Shape)}], where -1 means any number.");
        }

        return shape[0] >= 1 && shape[0] <= maxRows
            ? shape
            : throw new TensorException($"'{input.Name}' has {shape[0]} rows. Send 1 to {maxRows} in a request.");
    }

    private static ReadOnlyMemory<byte>? Binary(InferCall call, RequestInput input)
    {
        if (input.Parameters?.SharedMemoryRegion is { } region)
        {
            throw new TensorException(
                $"'{input.Name}' is in the shared memory region '{region}' and has neither data nor binary_data_size. "
                + "Shared memory is not supported. Send the tensor in the request.");
        }

        if (input.Raw is not null || input.Elements is not null)
        {
            return input.Raw;
        }

        if (input.Parameters?.BinaryDataSize is not { } size)
        {
            return call.Binary.IsEmpty
                ? null
                : throw new TensorException($"'{input.Name}' has no binary_data_size, but {call.Binary.Length} bytes follow the JSON.");
        }

        if (input.Data is not null)
        {
            throw new TensorException($"'{input.Name}' has both data and binary_data_size. Send one of the two.");
        }

        return size == call.Binary.Length
            ? call.Binary
            : throw new TensorException($"binary_data_size of '{input.Name}' is {size}, but {call.Binary.Length} bytes follow the JSON.");
    }

    private static ReadOnlySpan<byte> Json(InferCall call, RequestInput input) => input.Data is { } data
        ? call.Json.Span.Slice(data.Start, data.Length)
        : throw new TensorException($"'{input.Name}' has neither data nor binary_data_size. Send one of the two.");

    private static string Describe(IReadOnlyList<TensorMetadata> inputs) =>
        string.Join(" or ", inputs.Select(input => $"'{input.Name}' of {input.Datatype} [{string.Join(',', input.Shape)}]"));
}

/// <summary>A requested output, in JSON or as bytes after it: its values, or the most probable classes if there are any.</summary>
internal sealed record WantedOutput(ProtocolOutput Output, bool Binary, int Classes)
{
    /// <summary>The outputs that a request asks for, among those that its input can be answered with.</summary>
    /// <exception cref="TensorException">Unknown output requested, or one in an unsupported form.</exception>
    public static IReadOnlyList<WantedOutput> Of(InferRequest request, IReadOnlyList<ProtocolOutput> available)
    {
        var binary = request.Parameters?.BinaryDataOutput ?? false;
        if (request.Outputs is not { Count: > 0 } outputs)
        {
            return [new WantedOutput(available[0], binary, 0)];
        }

        var wanted = outputs.Select(output => Of(output, available, binary)).ToArray();
        return wanted.DistinctBy(output => output.Output).Count() == wanted.Length
            ? wanted
            : throw new TensorException("outputs name a tensor twice. Name it once.");
    }

    private static WantedOutput Of(RequestOutput wanted, IReadOnlyList<ProtocolOutput> available, bool binary)
    {
        var output = available.FirstOrDefault(output => output.Name == wanted.Name) ?? throw new TensorException(
            $"There is no output '{wanted.Name}' for this input. Ask for {string.Join(", ", available.Select(output => output.Name))}.");
        if (wanted.Parameters?.SharedMemoryRegion is not null)
        {
            throw new TensorException($"Shared memory is not supported. Leave shared_memory_region of '{wanted.Name}' out.");
        }

        if (wanted.Parameters?.Classification is { } classes && (classes < 1 || output.Kind == OutputKinds.Features))
        {
            throw new TensorException("classification must be 1 or more, for an output with a value for each class.");
        }

        return new WantedOutput(
            output, wanted.Parameters?.BinaryData ?? binary, Math.Min(wanted.Parameters?.Classification ?? 0, output.Values));
    }
}
