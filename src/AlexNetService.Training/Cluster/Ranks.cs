using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace AlexNetService.Training.Cluster;

/// <summary>
/// The processes that <c>mpirun</c> or <c>srun</c> started together, and this one among them. A process that was started alone is the
/// first of one, and never loads MPI. One thread makes all calls of MPI: it starts what other threads ask for and advances it, and sleeps
/// between two looks, because MPI's own waiting would take a core from the computation.
/// </summary>
public sealed unsafe partial class Ranks : IDisposable
{
    // Open MPI's mpirun, and the PMIx of srun, tell a process that it is one of several.
    private const string SizeVariable = "OMPI_COMM_WORLD_SIZE";
    private const string LocalSizeVariable = "OMPI_COMM_WORLD_LOCAL_SIZE";
    private const string BoundVariable = "OMPI_MCA_orte_bound_at_launch";
    private const string PmixVariable = "PMIX_RANK";
    private const string SlurmVariable = "SLURM_STEP_NUM_TASKS";

    // Open MPI's choice for a few ranks sends each byte twice as often as this one: a reduce-scatter, then an allgather (Rabenseifner).
    private const string AlgorithmVariable = "OMPI_MCA_coll_libnbc_iallreduce_algorithm";
    private const string Rabenseifner = "3";

    /// <summary>Time between two looks at communication that is under way, in microseconds: 1 % of a core at most.</summary>
    private const uint LookEvery = 100;

    private const int Tag = 1;

    private readonly BlockingCollection<(Func<nint> Start, TaskCompletionSource Done)> asked = [];
    private Thread? thread;
    private nint world;
    private nint floats;
    private nint halves;
    private nint bytes;
    private nint floatSum;
    private nint halfSum;

    /// <summary>Place of this process, from 0.</summary>
    public int Rank { get; private set; }

    /// <summary>Number of processes.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>Whether this is the first process, which prints and writes for all.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Whether there is no other process.</summary>
    public bool IsAlone => Count == 1;

    /// <summary>Number of processes that were started together, by the environment; 1 if this one was started alone.</summary>
    public static int Started => NumberOf(SizeVariable) ?? (IsSet(PmixVariable) ? NumberOf(SlurmVariable) : null) ?? 1;

    /// <summary>
    /// Cores for this process: those it is bound to, or its share of those that it has in common with the other ranks of its machine.
    /// </summary>
    public static int Cores =>
        Math.Max(1, Environment.ProcessorCount / (IsSet(BoundVariable) ? 1 : NumberOf(LocalSizeVariable) ?? 1));

    /// <summary>Whose failure it is, for messages: empty for a process of its own.</summary>
    public string Name => IsAlone ? "" : $"rank {Rank} of {Count}, on {Environment.MachineName}: ";

    /// <summary>Meets the other processes, if there are any. All of them must do so.</summary>
    /// <exception cref="InputException">Open MPI is missing, or srun started several processes without PMIx.</exception>
    public void Join()
    {
        InputException.ThrowIf(
            !IsSet(SizeVariable) && !IsSet(PmixVariable) && NumberOf(SlurmVariable) > 1,
            $"srun started {NumberOf(SlurmVariable)} processes that cannot find each other. Use srun --mpi=pmix.");
        if (Started == 1 || thread is not null)
        {
            return;
        }

        var joined = new TaskCompletionSource();
        var started = new Thread(() => Work(joined)) { IsBackground = true, Name = "MPI" };
        started.Start();
        joined.Task.GetAwaiter().GetResult();
        thread = started;
    }

    /// <summary>Ends a program that did what it should: waits for the others, and leaves them.</summary>
    public void Leave()
    {
        if (thread is null)
        {
            return;
        }

        Any(false);
        asked.CompleteAdding();
        thread.Join();
        thread = null;
    }

    /// <summary>Ends all processes with an exit code. Does nothing in a process of its own.</summary>
    public void Abort(int code)
    {
        if (Thread.CurrentThread == thread)
        {
            _ = Mpi.Abort(world, code);
        }
        else if (thread is { IsAlive: true })
        {
            // Ends this process too, so there is nothing to return to.
            Ask(() => Mpi.Abort(world, code)).GetAwaiter().GetResult();
        }
    }

    /// <summary>
    /// Requires that all processes are of the same build and have the same facts, such as options and data; names the first that differs.
    /// </summary>
    /// <exception cref="InputException">A fact of this process is not that of the first.</exception>
    public void RequireSame(params IReadOnlyList<(string Name, string Value)> facts)
    {
        var own = facts.Prepend(("build of the program", $"{typeof(Ranks).Module.ModuleVersionId}")).ToDictionary();
        var common = FromFirst(JsonSerializer.Serialize(own, ClusterJson.Default.DictionaryStringString));
        var first = JsonSerializer.Deserialize(common, ClusterJson.Default.DictionaryStringString) ?? [];
        foreach (var (name, value) in own)
        {
            var theirs = first.GetValueOrDefault(name, "nothing");
            InputException.ThrowIf(
                theirs != value,
                $"this rank has another {name} than the first: {value} instead of {theirs}. Start all ranks with the same {name}.");
        }
    }

    /// <summary>The first process's text.</summary>
    public string FromFirst(string text)
    {
        if (IsAlone)
        {
            return text;
        }

        var own = Encoding.UTF8.GetBytes(text);
        Span<int> length = [own.Length];
        FromFirst(MemoryMarshal.AsBytes(length));
        var shared = IsFirst ? own : new byte[length[0]];
        FromFirst(shared);
        return Encoding.UTF8.GetString(shared);
    }

    /// <summary>Replaces values by those of the first process.</summary>
    public void FromFirst(Span<float> values) => FromFirst(MemoryMarshal.AsBytes(values));

    /// <summary>
    /// Fills in the rows that other processes computed, of <paramref name="length"/> numbers each. Each process has computed its share, and
    /// of that the wanted rows.
    /// </summary>
    internal void Complete(float[][] rows, int length, Predicate<int> isWanted)
    {
        for (var rank = 0; rank < Count && !IsAlone; rank++)
        {
            var part = BatchRows.Of(rows.Length, rank, Count);
            int[] places = [.. Enumerable.Range(part.First, part.Counted).Where(place => isWanted(place))];
            var packed = new float[places.Length * length];
            foreach (var (row, place) in places.Index().Where(_ => rank == Rank))
            {
                rows[place].CopyTo(packed, row * length);
            }

            From(rank, MemoryMarshal.AsBytes(packed.AsSpan()));
            foreach (var (row, place) in places.Index())
            {
                rows[place] = packed[(row * length)..((row + 1) * length)];
            }
        }
    }

    private void FromFirst(Span<byte> values) => From(0, values);

    private void From(int rank, Span<byte> values)
    {
        fixed (byte* pointer = values)
        {
            var (buffer, count) = ((nint)pointer, values.Length);
            Wait(() =>
            {
                _ = Mpi.Broadcast((void*)buffer, count, bytes, rank, world, out var request);
                return request;
            });
        }
    }

    /// <summary>Stops if any process was asked to, so that all stop at the same place.</summary>
    /// <exception cref="OperationCanceledException">A process was asked to stop.</exception>
    public void ThrowIfStopped(CancellationToken cancellation)
    {
        if (Any(cancellation.IsCancellationRequested))
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Whether a condition holds for any process. All must ask.</summary>
    public bool Any(bool own)
    {
        if (IsAlone)
        {
            return own;
        }

        Span<float> counts = [own ? 1 : 0, 0];
        fixed (float* pointer = counts)
        {
            var buffer = (nint)pointer;
            Wait(() =>
            {
                _ = Mpi.AllReduce((float*)buffer, (float*)buffer + 1, 1, floats, floatSum, world, out var request);
                return request;
            });
        }

        return counts[1] > 0;
    }

    /// <summary>The errors over the photographs of all processes.</summary>
    public ErrorRates Sum(ErrorRates own)
    {
        var sum = new ErrorRates();
        int[] numbers = [own.Images, own.Top1Right, own.Top5Right];
        foreach (var theirs in Gather(MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray()))
        {
            var read = MemoryMarshal.Cast<byte, int>(theirs);
            sum = new ErrorRates(sum.Images + read[0], sum.Top1Right + read[1], sum.Top5Right + read[2]);
        }

        numbers = [sum.Images, sum.Top1Right, sum.Top5Right];
        FromFirst(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return new ErrorRates(numbers[0], numbers[1], numbers[2]);
    }

    /// <summary>
    /// Collects bytes of each process in the first, which gets them in the order of the ranks, its own included; the others get none.
    /// </summary>
    public IReadOnlyList<byte[]> Gather(byte[] own)
    {
        if (!IsFirst)
        {
            Send(own);
            return [];
        }

        var all = new List<byte[]> { own };
        for (var rank = 1; rank < Count; rank++)
        {
            all.Add(Receive(rank));
        }

        return all;
    }

    /// <summary>Sends bytes to the first process, which must <see cref="Receive"/> them.</summary>
    public void Send(byte[] own)
    {
        Span<int> length = [own.Length];
        Transfer(MemoryMarshal.AsBytes(length), from: null);
        Transfer(own, from: null);
    }

    /// <summary>Receives the next bytes that a process sends to this one, the first.</summary>
    public byte[] Receive(int rank)
    {
        Span<int> length = [0];
        Transfer(MemoryMarshal.AsBytes(length), rank);
        var theirs = new byte[length[0]];
        Transfer(theirs, rank);
        return theirs;
    }

    /// <summary>Does not wait for the others: see <see cref="Leave"/>.</summary>
    public void Dispose() => asked.Dispose();

    /// <summary>The share of this process in a batch.</summary>
    internal BatchRows RowsOf(int batch) => BatchRows.Of(batch, Rank, Count);

    /// <summary>
    /// Sums a tensor over all processes, while the caller goes on. Both tensors are float32 or bfloat16, contiguous, on the host and of one
    /// size; they must live until the sum is there. Every process gets the same bits.
    /// </summary>
    internal Task Sum(Tensor sent, Tensor received)
    {
        var (from, to, count) = (AddressOf(sent), AddressOf(received), checked((int)sent.numel()));
        var (type, op) = sent.dtype == ScalarType.BFloat16 ? (halves, halfSum) : (floats, floatSum);
        return Ask(() =>
        {
            _ = Mpi.AllReduce((void*)from, (void*)to, count, type, op, world, out var request);
            return request;
        });
    }

    private static nint AddressOf(Tensor tensor) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    private static int? NumberOf(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) && number > 0 ? number : null;

    /// <summary>Sends to the first process, or receives from another.</summary>
    private void Transfer(Span<byte> values, int? from)
    {
        fixed (byte* pointer = values)
        {
            var (buffer, count) = ((nint)pointer, values.Length);
            Wait(() =>
            {
                nint request;
                _ = from is { } source
                    ? Mpi.Receive((void*)buffer, count, bytes, source, Tag, world, out request)
                    : Mpi.Send((void*)buffer, count, bytes, 0, Tag, world, out request);
                return request;
            });
        }
    }

    private void Wait(Func<nint> start)
    {
        if (!IsAlone)
        {
            Ask(start).GetAwaiter().GetResult();
        }
    }

    private Task Ask(Func<nint> start)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        asked.Add((start, done));
        return done.Task;
    }

    private void Work(TaskCompletionSource joined)
    {
        try
        {
            Begin();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            joined.SetException(new InputException(
                $"{Started} processes were started together, but {Mpi.Library} of Open MPI 4 does not load: {e.Message} "
                + "Install it on every machine (Debian: openmpi-bin), and use its mpirun, or srun --mpi=pmix."));
            return;
        }

        joined.SetResult();
        var underWay = new List<(nint Request, TaskCompletionSource Done)>();
        while (!asked.IsCompleted || underWay.Count > 0)
        {
            while (asked.TryTake(out var next, underWay.Count == 0 ? Timeout.Infinite : 0))
            {
                underWay.Add((next.Start(), next.Done));
            }

            if (Advance(underWay) == 0 && underWay.Count > 0)
            {
                _ = Sleep(LookEvery);
            }
        }

        _ = Mpi.Finish();
    }

    private void Begin()
    {
        _ = SetEnvironment(AlgorithmVariable, Rabenseifner, overwrite: 0);
        _ = Mpi.InitThread(0, 0, Mpi.ThreadFunneled, out _);
        world = Mpi.Handle("ompi_mpi_comm_world");
        (floats, floatSum) = (Mpi.Handle("ompi_mpi_float"), Mpi.Handle("ompi_mpi_op_sum"));
        (halves, halfSum) = (Mpi.Handle("ompi_mpi_uint16_t"), Mpi.BrainFloatSum());
        bytes = Mpi.Handle("ompi_mpi_byte");
        _ = Mpi.CommRank(world, out var rank);
        _ = Mpi.CommSize(world, out var count);
        (Rank, Count) = (rank, count);
    }

    /// <summary>Advances what is under way, and removes what is done. Gives the number of those.</summary>
    private static int Advance(List<(nint Request, TaskCompletionSource Done)> underWay)
    {
        var before = underWay.Count;
        for (var i = 0; i < underWay.Count; i++)
        {
            var (request, done) = underWay[i];
            _ = Mpi.Test(ref request, out var isDone, status: 0);
            if (isDone != 0)
            {
                done.SetResult();
                underWay.RemoveAt(i--);
            }
        }

        return before - underWay.Count;
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ClusterJson : JsonSerializerContext;
