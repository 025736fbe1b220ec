using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Episodes with the action added that a policy would take at each step, given the steps before as they were recorded.</summary>
internal sealed class PolicyDataView(IHostEnvironment environment, IDataView input, DataViewSchema schema, PolicyNetwork policy, PolicyColumns names) : IDataView
{
    /// <summary>No: what a step's action is depends on the rows before.</summary>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public long? GetRowCount() => input.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = new bool[schema.Count];
        foreach (var column in columnsNeeded)
            active[column.Index] = true;
        // Returns-to-go are known at an episode's end only, so the episodes are read first.
        var steps = active[^1] ? TrajectoryReader.Read(input, "scored", names, () => { }) : null;
        if (steps is not null)
            PolicyChecks.CheckTimes(steps, policy.Config, "scored");
        return new PolicyCursor(environment, input.GetRowCursor(input.Schema.Where(column => active[column.Index])), schema, active, policy, steps);
    }

    /// <summary>One cursor: its batches are neighbouring rows.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    /// <summary>The input's schema with the actions added.</summary>
    /// <exception cref="ArgumentException">A column is missing, has the wrong type or another size than the network's.</exception>
    public static DataViewSchema OutputSchema(DataViewSchema input, PolicyNetwork policy, PolicyColumns names)
    {
        PolicyChecks.CheckSizes(TrajectoryReader.FindSizes(input, names), policy.Config, policy.Network.Checkpoint.Name, names);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumn(names.Prediction, new VectorDataViewType(NumberDataViewType.Single, policy.Config.ActionSize));
        return builder.ToSchema();
    }
}
