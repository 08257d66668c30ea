using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace AlexNetService.Api.Grpc;

/// <summary>Translates messages of inference to the protocol's requests and answers, which REST shares.</summary>
internal static class InferMessages
{
    private const string Bytes = "BYTES";
    private const string UInt8 = "UINT8";
    private const string Float32 = "FP32";
    private const int MaxDimensions = 16;

    /// <summary>Reads a request. Its tensors point into the message.</summary>
    public static Result<InferCall, ProtocolError> Read(ModelInferRequest message)
    {
        if (message.RawInputContents.Count > 0 && message.RawInputContents.Count != message.Inputs.Count)
        {
            return ProtocolError.Invalid(
                $"raw_input_contents has {message.RawInputContents.Count} tensors for {message.Inputs.Count} inputs. Send one for each.");
        }

        try
        {
            return new InferCall(
                new InferRequest(
                    message.Id.Length == 0 ? null : message.Id,
                    Parameters(message.Parameters),
                    [.. message.Inputs.Select((input, place) => Input(input, message.RawInputContents.ElementAtOrDefault(place)))],
                    [.. message.Outputs.Select(output => new RequestOutput(output.Name, Output(output.Parameters)))]),
                Json: default,
                Binary: default);
        }
        catch (MessageException e)
        {
            return ProtocolError.Invalid(e.Message);
        }
    }

    /// <summary>Writes an answer in the form of its request: raw contents, or contents by type.</summary>
    public static ModelInferResponse Write(InferResponse answer, ModelInferRequest request)
    {
        var raw = request.RawInputContents.Count > 0;
        var message = new ModelInferResponse { ModelName = answer.ModelName, ModelVersion = answer.ModelVersion, Id = answer.Id ?? "" };
        foreach (var output in answer.Outputs)
        {
            var tensor = new ModelInferResponse.Types.InferOutputTensor { Name = output.Name, Datatype = output.Datatype };
            tensor.Shape.Add(output.Shape);
            message.Outputs.Add(tensor);
            if (raw)
            {
                message.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Binary));
            }
            else
            {
                tensor.Contents = Contents(output);
            }
        }

        return message;
    }

    private static InferTensorContents Contents(ResponseOutput output)
    {
        var contents = new InferTensorContents();
        if (output.Datatype == Float32)
        {
            contents.Fp32Contents.Add(MemoryMarshal.Cast<byte, float>(output.Binary.Span).ToArray());
            return contents;
        }

        for (var rest = output.Binary.Span; !rest.IsEmpty;)
        {
            var end = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(rest);
            contents.BytesContents.Add(ByteString.CopyFrom(rest[sizeof(int)..end]));
            rest = rest[end..];
        }

        return contents;
    }

    private static RequestInput Input(ModelInferRequest.Types.InferInputTensor input, ByteString? raw)
    {
        if (input.Shape.Count > MaxDimensions)
        {
            throw new MessageException($"'{input.Name}' has {input.Shape.Count} dimensions. Send the shape that ModelMetadata gives.");
        }

        var region = input.Parameters.TryGetValue("shared_memory_region", out var shared) ? Text(shared, "shared_memory_region") : null;
        var tensor = new RequestInput(
            input.Name,
            [.. input.Shape],
            input.Datatype,
            region is null ? null : new InputParameters(SharedMemoryRegion: region),
            Data: null);
        if (raw is not null)
        {
            return input.Contents is null
                ? tensor with { Raw = raw.Memory }
                : throw new MessageException($"'{input.Name}' has both contents and raw_input_contents. Send one of the two.");
        }

        if (region is not null)
        {
            return tensor;
        }

        var contents = input.Contents
            ?? throw new MessageException($"'{input.Name}' has neither contents nor raw_input_contents. Send one of the two.");
        return input.Datatype switch
        {
            Bytes => tensor with { Elements = [.. contents.BytesContents.Select(element => element.Memory)] },
            Float32 => tensor with { Raw = MemoryMarshal.AsBytes<float>(contents.Fp32Contents.ToArray()).ToArray() },
            UInt8 => tensor with { Raw = Pixels(input.Name, contents.UintContents) },

            // No model takes another type; the check against the model says which it takes.
            _ => tensor with { Raw = default(ReadOnlyMemory<byte>) },
        };
    }

    private static byte[] Pixels(string name, RepeatedField<uint> values)
    {
        var pixels = new byte[values.Count];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = values[i] <= byte.MaxValue
                ? (byte)values[i]
                : throw new MessageException($"'{name}' has {values[i]} in uint_contents, which does not fit {UInt8}.");
        }

        return pixels;
    }

    private static RequestParameters Parameters(MapField<string, InferParameter> parameters) => new(
        BinaryDataOutput: true,
        Crops: Whole(parameters, "crops") is { } crops ? (int)Math.Clamp(crops, int.MinValue, int.MaxValue) : null,
        Timeout: Whole(parameters, "timeout"),
        Priority: Whole(parameters, "priority") is { } priority
            ? (priority >= 0 ? (ulong)priority : throw new MessageException($"priority is {priority}. Leave it out, or send 0."))
            : null,
        SequenceId: parameters.TryGetValue("sequence_id", out var sequence) ? SequenceId(sequence) : null,
        SequenceStart: Switch(parameters, "sequence_start"),
        SequenceEnd: Switch(parameters, "sequence_end"));

    private static OutputParameters Output(MapField<string, InferParameter> parameters) => new(
        Classification: Whole(parameters, "classification") is { } classes ? (int)Math.Clamp(classes, int.MinValue, int.MaxValue) : null,
        SharedMemoryRegion: parameters.TryGetValue("shared_memory_region", out var region) ? Text(region, "shared_memory_region") : null);

    private static long? Whole(MapField<string, InferParameter> parameters, string name)
    {
        if (!parameters.TryGetValue(name, out var parameter))
        {
            return null;
        }

        return parameter.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Int64Param => parameter.Int64Param,
            InferParameter.ParameterChoiceOneofCase.Uint64Param => (long)Math.Min(parameter.Uint64Param, long.MaxValue),
            _ => throw new MessageException($"The parameter {name} must be an int64_param."),
        };
    }

    private static bool? Switch(MapField<string, InferParameter> parameters, string name)
    {
        if (!parameters.TryGetValue(name, out var parameter))
        {
            return null;
        }

        return parameter.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.BoolParam
            ? parameter.BoolParam
            : throw new MessageException($"The parameter {name} must be a bool_param.");
    }

    private static string Text(InferParameter parameter, string name) =>
        parameter.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.StringParam
            ? parameter.StringParam
            : throw new MessageException($"The parameter {name} must be a string_param.");

    private static string SequenceId(InferParameter parameter) => parameter.ParameterChoiceCase switch
    {
        InferParameter.ParameterChoiceOneofCase.StringParam => parameter.StringParam,
        InferParameter.ParameterChoiceOneofCase.Uint64Param => parameter.Uint64Param.ToString(CultureInfo.InvariantCulture),
        InferParameter.ParameterChoiceOneofCase.Int64Param => parameter.Int64Param.ToString(CultureInfo.InvariantCulture),
        _ => throw new MessageException("The parameter sequence_id must be an int64_param or a string_param."),
    };

    /// <summary>A message cannot be translated.</summary>
    private sealed class MessageException(string reason) : Exception(reason);
}
